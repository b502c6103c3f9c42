import { parseExactly } from '@bedrock-functions/runtime/json'
import { createScope } from '../../../../local/workflow/expressions/expressions.ts'

/** Evaluates one expression and writes its result as JSON. */
async function evaluate(text: string, input = '{}', variables = {}): Promise<string> {
  const scope = createScope('First', { input: parseExactly(input), context: {} }, variables)
  return JSON.stringify(await scope.evaluate(`{% ${text} %}`, 'Output'))
}

describe('numbers that JavaScript rounds', () => {
  test.each([
    ['$states.input', '{"a":9007199254740993,"b":-12345678901234567890,"c":1e400,"d":-1e999}'],
    // Both have the same double.
    ['$states.input', '[9007199254740993,9007199254740992,9007199254740993]'],
    ['$states.input', '[1e400,2e400,-1e400]'],
    ['$parse($string($states.input))', '{"a":[9007199254740993]}'],
    ['$states.input', '[1,0.1,1e21,123456789012345680000]'],
  ])('%s of %s has them as they were', async (text, input) => {
    const output = await evaluate(text, input)
    expect(output.replace('1e+21', '1e21')).toBe(input)
  })

  test('are numbers in comparisons and types, and rounded where they are computed with', async () => {
    const input = '{"n":9007199254740993}'
    expect(await evaluate('[$type($states.input.n), $states.input.n > 5, $states.input.n / 2 > 4e15]', input)).toBe(
      '["number",true,true]',
    )
    expect(await evaluate('$states.input.n * 2', input)).toBe('18014398509481984')
  })

  test('keep their values when a document is evaluated again', async () => {
    const first = parseExactly('[9007199254740992]')
    const second = parseExactly('[9007199254740993]')
    for (const list of [[first], [second, first], [first, second]]) {
      expect(await evaluate('$list', '{}', { list })).toBe(JSON.stringify(list))
    }
  })

  test('are in variables too', async () => {
    const list = parseExactly('[9007199254740993]')
    expect(await evaluate('$list[0]', '{}', { list })).toBe('9007199254740993')
  })
})

describe('a whole number with a fraction or an exponent', () => {
  test('is computed with, and keeps its form', async () => {
    expect(await evaluate('[$states.input.n, $states.input.n + 1, $states.input.n = 10]', '{"n":10.0}')).toBe(
      '[10.0,11,true]',
    )
    expect(await evaluate('$string($states.input)', '{"n":10.0,"m":1e2}')).toBe('"{\\"n\\":10.0,\\"m\\":1e2}"')
  })

  test.each([
    ['{"a":10,"b":10.0}', '{"a":10,"b":10}'],
    ['{"a":10.0,"b":[10]}', '{"a":10,"b":[10]}'],
    ['{"zero":0.0,"half":0.50}', '{"zero":0,"half":0.5}'],
  ])('in %s is written plainly, as in %s', async (input, output) => {
    expect(await evaluate('$states.input', input)).toBe(output)
    // The parts without such numbers are known now.
    expect(await evaluate('$document', '{}', { document: parseExactly(input) })).toBe(output)
  })

  test('is an integer for the fields of states', async () => {
    const scope = createScope('First', { input: parseExactly('{"n":5.0}'), context: {} }, {})
    expect(await scope.evaluateAs('{% $states.input.n %}', 'Seconds', 'integer')).toBe(5)
  })
})

describe('$string', () => {
  test.each([
    ["$string('a')", '"a"'],
    ['$string(0.1 + 0.2)', '"0.3"'],
    ['$string([9007199254740991, 1e20, 1 / 3])', '"[9007199254740991,100000000000000000000,0.333333333333333]"'],
    ['$string(null)', '"null"'],
    ['$string({"a": [1, true]})', '"{\\"a\\":[1,true]}"'],
    ['$string({"a": 1}, true)', '"{\\n  \\"a\\": 1\\n}"'],
    ['$string($sum)', '""'],
    ['$states.input.l.$string()', '["1","[2]"]'],
    ['$map($states.input.l, $string)', '["1","[2]"]'],
    ['[$string($states.input.missing)]', '[]'],
  ])('%s is %s, as in JSONata', async (text, output) => {
    expect(await evaluate(text, '{"l":[1,[2]]}')).toBe(output)
  })
})

describe('functions of Step Functions', () => {
  test.each([
    ["$hash({'a': 1}, 'MD5') = $hash('{\"a\":1}', 'MD5')", 'true'],
    ["$hash('', 'SHA-384') ~> $length", '96'],
    ["$hash('', 'SHA-512') ~> $length", '128'],
    ['$partition([], 2)', '[]'],
    ['$partition($states.input.missing, 2) ~> $exists', 'false'],
    ['$range(1, 0, 1)', '[]'],
    ['$range(1, 1, -5)', '[1]'],
    ['$exists($parse($states.input.missing))', 'false'],
    ['$random(1) != $random(2)', 'true'],
  ])('%s is %s', async (text, output) => {
    expect(await evaluate(text)).toBe(output)
  })

  test.each([
    ["$hash('a', 'sha1')", '$hash: the algorithm is sha1, not one of MD5, SHA-1, SHA-256, SHA-384, SHA-512'],
    ["$hash($pad('', 10001, 'x'), 'MD5')", '$hash: the content has 10001 characters, the limit is 10000'],
    ['$partition([1], 0)', '$partition: the size is 0, not a positive integer'],
    ['$range(0, 1, 0)', '$range: the step must not be 0'],
    ['$range(0, 1, 0.5)', '$range: the arguments must be integers'],
    ['$range(0, 100000000, 1)', '$range: the array has 100000001 items, the limit is 10000000'],
    ["$parse('{')", 'JSON'],
    ["$eval('1')", 'T1006'],
  ])('%s fails with %s', async (text, words) => {
    await expect(evaluate(text)).rejects.toMatchObject({
      name: 'States.QueryEvaluationError',
      message: expect.stringContaining(words),
    })
  })
})

test('a function within a document is no result', async () => {
  await expect(evaluate("{'a': [$sum]}")).rejects.toThrow('returned an unsupported result type.')
})

test('a member named __proto__ stays a member', async () => {
  expect(await evaluate('$states.input.a', '{"a":{"__proto__":{"b":1}}}')).toBe('{"__proto__":{"b":1}}')
})
