import {
  applyEdits,
  base64BytesOf,
  itemsOf,
  type JsonNode,
  memberOf,
  readJsonTree,
  textOf,
} from '../../../layers/runtime/src/json/json-tree.ts'
import { hasAnyName, hasEscapedName, hasValue } from '../../../layers/runtime/src/json/search-bytes.ts'

function read(text: string): { bytes: Buffer; root: JsonNode | undefined } {
  const bytes = Buffer.from(text)
  return { bytes, root: readJsonTree(bytes) }
}

/** The tree as a value, numbers and words as their spelling. */
function build(bytes: Buffer, node: JsonNode | undefined): unknown {
  if (node?.kind === 'array') return node.items.map((item) => build(bytes, item))
  if (node?.kind === 'object')
    return Object.fromEntries(node.members.map(({ name, value }) => [name, build(bytes, value)]))
  return node?.kind === 'string' ? textOf(bytes, node) : bytes.toString('utf8', node?.start, node?.end)
}

test.each([
  ['{}', {}],
  [' [ ] ', []],
  ['{"a":[1.0,{"b":null}],"c":"d"}', { a: ['1.0', { b: 'null' }], c: 'd' }],
  ['\ufeff{"a" : "b" }', { a: 'b' }],
  ['{"a":"\\"","b":"\\\\","c":"x"}', { a: '"', b: '\\', c: 'x' }],
  ['{"\\u0061\\ud83d\\ude00":"山\\n"}', { 'a😀': '山\n' }],
  ['-1e+9', '-1e+9'],
])('%j is read', (text, expected) => {
  const { bytes, root } = read(text)
  expect(build(bytes, root)).toEqual(expected)
})

test.each([
  '',
  '{',
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  '[1,]',
  '[1 2]',
  '{"a":1}}',
  '"open',
  '{a:1}',
  '{"a":"b\\"}',
  '{"\\x":1}',
  "{'a':1}",
  '{"a":1}//',
])('%j is no JSON', (text) => expect(read(text).root).toBeUndefined())

test('a thousand levels are read, more are not', () => {
  const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)
  expect(read(nested(1_000)).root).toBeDefined()
  expect(read(nested(100_000)).root).toBeUndefined()
})

test('of a member that comes twice the last counts, and null is absent', () => {
  const { bytes, root } = read('{"a":1,"a":[2,3],"b":null}')
  expect(itemsOf(memberOf(bytes, root, 'a'))).toHaveLength(2)
  expect(memberOf(bytes, root, 'b')).toBeUndefined()
})

test.each(['', 'a', 'ab', 'abc', 'abcd', '\u00ff\u00ff\u00ff\u00fe'])(
  'the bytes behind the base64 of %j are counted',
  (text) => {
    const content = Buffer.from(text, 'latin1')
    const encoded = content.toString('base64')
    // PHP's encoder escapes slashes.
    for (const spelled of [encoded, encoded.replaceAll('/', '\\/')]) {
      const { bytes, root } = read(`["${spelled}"]`)
      const [node] = itemsOf(root)
      expect(node?.kind === 'string' && base64BytesOf(bytes, node)).toBe(content.length)
    }
  },
)

test('edits change their places and nothing else', () => {
  const { bytes, root } = read('{"a": 1.0, "b": [2]}')
  const [a, b] = root?.kind === 'object' ? root.members : []
  const list = b?.value.end ?? 0
  const edits = [
    { start: list - 1, end: list - 1, text: ',3' },
    { start: a?.start ?? 0, end: a?.end ?? 0, text: '"c":"d"' },
  ]
  expect(applyEdits(bytes, edits).toString()).toBe('{"c":"d", "b": [2,3]}')
})

describe('searches', () => {
  test('find names and values, and not what a text quotes', () => {
    const bytes = Buffer.from(JSON.stringify({ image: 1, text: 'say "document" and "system"', role: 'system' }))
    expect(hasAnyName(bytes, ['image'])).toBe(true)
    expect(hasAnyName(bytes, ['document'])).toBe(false)
    expect(hasValue(bytes, 'system')).toBe(true)
    expect(hasValue(Buffer.from('{"system" \n: []}'), 'system')).toBe(false)
  })

  test.each([
    ['{"\\u0061":1}', true],
    ['{"a":"\\u65e5","b\\u0062" :1}', true],
    ['{"a\\"\\u0061\\":":1}', true],
    ['{"a":"\\u0061\\":"}', false],
    ['{"a":"\\u65e5\\u672c"}', false],
    ['["\\u65e5","a"]', false],
    ['{"a":"b"}', false],
  ])('%j has an escaped name: %s', (text, expected) => expect(hasEscapedName(Buffer.from(text))).toBe(expected))

  test('a long text of escapes takes no longer than it is long', () => {
    const bytes = Buffer.from(JSON.stringify({ a: 'x' }).replace('x', '\\u65e5'.repeat(500_000)))
    const started = performance.now()
    expect(hasEscapedName(bytes)).toBe(false)
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})
