import { evaluate, findExpressions } from '../../../local/bedrock/deterministic-model/arithmetic.ts'

test.each<[string, string[], number | undefined]>([
  ['What is 123 * 456?', ['123 * 456'], 56_088],
  ['Use Python code to calculate 7 ** 6', ['7 ** 6'], 117_649],
  ['What is 2^3^2?', ['2^3^2'], 512],
  ['Calculate the square root of 144', ['sqrt(144)'], 12],
  ['3111696 / 74088 please', ['3111696 / 74088'], 42],
  ['(1 + 2) × 3.5 − 1', ['(1 + 2) * 3.5 - 1'], 9.5],
  ['10 - 4 - 3', ['10 - 4 - 3'], 3],
  ['0.1 + 0.2', ['0.1 + 0.2'], 0.3],
  ['17 % 5', ['17 % 5'], 2],
  ['2 * -3', ['2 * -3'], -6],
  ['1 / 0', ['1 / 0'], undefined],
  ['(1 + 2', ['(1 + 2'], undefined],
  ['Call +1 202-555-0143 on 2026-01-15, 3 times', [], undefined],
  ['pages 10-20', [], undefined],
])('%j has the calculations %j, the first is %p', (prompt, expressions, result) => {
  expect(findExpressions(prompt)).toEqual(expressions)
  expect(evaluate(expressions[0] ?? '')).toBe(result)
})

test.each(['', '1 +', 'sqrt', 'sqrt 4', '* 3', ')', '1 2'])('%j is no expression', (expression) => {
  expect(evaluate(expression)).toBeUndefined()
})

test('a deeply nested expression and a long prompt are read', () => {
  expect(evaluate(`${'('.repeat(90)}1${')'.repeat(90)}`)).toBe(1)
  expect(findExpressions('1 + '.repeat(100_000)).length).toBeLessThan(1_000)
})
