import {
  type JsonValue,
  MAX_JSON_LEVELS,
  readJson,
  readJsonIfAny,
  readJsonObject,
} from '../../../layers/runtime/src/json/json-document.ts'

const read = (text: string) => readJson(Buffer.from(text))

/** Converts the document to a value, with numbers and words as they are written. */
function build(value: JsonValue): unknown {
  if (value.kind === 'array') return value.items.map(build)
  if (value.kind === 'object')
    return Object.fromEntries(value.members.map((member) => [member.name, build(member.value)]))
  return value.text ?? value.bytes.toString()
}

test.each([
  ['{}', {}],
  [' [ ] ', []],
  ['{"a":[1.0,{"b":null}],"c":"d"}', { a: ['1.0', { b: 'null' }], c: 'd' }],
  ['{"a" : "b" }', { a: 'b' }],
  ['{"a":"\\"","b":"\\\\","c":"x"}', { a: '"', b: '\\', c: 'x' }],
  ['{"\\u0061\\ud83d\\ude00":"山\\n"}', { 'a😀': '山\n' }],
  [
    '[12345678901234567890,-1e+9,-0,1e400,true,false]',
    ['12345678901234567890', '-1e+9', '-0', '1e400', 'true', 'false'],
  ],
])('%j is read with its numbers as they are written', (text, expected) => {
  expect(build(read(text).root)).toEqual(expected)
  expect(build(read(`\uFEFF${text}`).root)).toEqual(expected)
})

test.each([
  '',
  '{',
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  '[1,]',
  '[1 2]',
  '[1}',
  '{"a":1}}',
  '"open',
  '{a:1}',
  '{"a":"b\\"}',
  "{'a':1}",
  '{"a":1}//',
  'nul',
  'NaN',
  'undefined',
  '-',
  '\0{}',
  '\uFEFF\uFEFF{}',
])('%j is not JSON', (text) => {
  expect(readJsonIfAny(Buffer.from(text))).toBeUndefined()
  expect(() => read(text)).toThrow(
    expect.objectContaining({
      name: 'ValidationException',
      message: expect.stringMatching(/^Malformed input request: the body is not JSON in UTF-8, see byte \d+, please/),
    }),
  )
})

test.each([
  ['UTF-16', Buffer.from('{"a":1}', 'utf16le')],
  ['half a character', Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xe6, 0x97]), Buffer.from('"}')])],
  ['an overlong form', Buffer.concat([Buffer.from('{"a'), Buffer.from([0xc1, 0xb3]), Buffer.from('":1}')])],
])('%s is not JSON in UTF-8', (_, bytes) => expect(readJsonIfAny(bytes)).toBeUndefined())

test.each(['{"\\x":1}', '{"a\\u12":1}', '{"a\\n\n":1}'])('%j has a string that cannot be decoded', (text) => {
  expect(() => read(text).root.members).toThrow(expect.objectContaining({ name: 'ValidationException' }))
})

test('a document that must be an object is refused if it is not', () => {
  expect(() => readJsonObject(Buffer.from('[1]'), 'the object')).toThrow('the object is not a JSON object')
})

test('a thousand levels are read, and more are refused with the limit', () => {
  const nest = (levels: number): Buffer => Buffer.from(`${'[{"a":'.repeat(levels / 2)}1${'}]'.repeat(levels / 2)}`)
  expect(readJson(nest(MAX_JSON_LEVELS)).root.kind).toBe('array')
  for (const levels of [MAX_JSON_LEVELS + 2, 10_000, 100_000]) {
    expect(() => readJsonIfAny(nest(levels))).toThrow('is nested deeper than 1000 levels')
  }
})

test('the last of repeated members is used, and null counts as absent', () => {
  const { root } = read('{"a":1,"a":[2,3],"b":null}')
  expect(root.get('a')?.items).toHaveLength(2)
  expect(root.get('b')).toBeUndefined()
  expect(root.getAll('a')).toHaveLength(2)
  expect(root.getAll('b').map(({ kind }) => kind)).toEqual(['null'])
})

test('a value has its bytes, its emptiness and its offsets', () => {
  const { root, bytes } = read('{"a": [ ], "b" : {"c":"日"} }')
  const b = root.get('b')
  expect(root.get('a')?.isEmpty).toBe(true)
  expect(b?.isEmpty).toBe(false)
  expect(b?.bytes.toString()).toBe('{"c":"日"}')
  expect(bytes.subarray(b?.start, b?.end)).toEqual(b?.bytes)
  expect(b?.parse()).toEqual({ c: '日' })
})

test.each([
  [{ image: 1, text: 'say "document"' }, 'image', true],
  [{ image: 1, text: 'say "document"' }, 'document', false],
  [{ deep: [[{ image: 1 }]] }, 'image', true],
])('%j may have the member %s: %s', (document, name, expected) => {
  expect(read(JSON.stringify(document)).mayHaveMember(name)).toBe(expected)
})

test.each([
  ['{"\\u0061":1}', true],
  ['{"a":"\\u65e5","b\\u0062" :1}', true],
  ['{"a":"\\u0061\\":"}', false],
  ['{"a":"\\u65e5\\u672c"}', false],
  ['["\\u65e5","a"]', false],
])('a name with an escape may be any name: %j', (text, expected) => {
  expect(read(text).mayHaveMember('s3Location')).toBe(expected)
})

test('no name of a document is ruled out, with any number of names', () => {
  const names = Array.from({ length: 3000 }, (_, index) => `name${index * 7}日`)
  const document = readJson(Buffer.from(JSON.stringify({ a: [Object.fromEntries(names.map((name) => [name, 1]))] })))
  expect(names.filter((name) => !document.mayHaveMember(name))).toEqual([])
  expect(document.mayHaveMember('name1日', 'name')).toBe(false)
})
