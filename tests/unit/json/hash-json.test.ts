import { hashJson, sortedMembers } from '../../../layers/runtime/src/json/hash-json.ts'
import { readJson } from '../../../layers/runtime/src/json/json-document.ts'

const hash = (text: string) => hashJson(readJson(Buffer.from(text)).root)

test.each([
  ['{"a":1,"b":{"c":[1,{"d":2,"e":3}],"f":null}}', '{"b":{"f":null,"c":[1,{"e":3,"d":2}]},"a":1}'],
  ['{"10":1,"9":2,"x":3}', '{"x":3,"9":2,"10":1}'],
  ['{"__proto__":{"b":1,"a":2},"c":0}', '{"c":0,"__proto__":{"a":2,"b":1}}'],
  ['{"a":1.0,"b":"\\u0061"}', '{ "b" : "a", "a" : 1.0 }'],
])('%s has the hash of %s', (one, other) => {
  expect(hash(one)).toBe(hash(other))
})

test('documents that differ have different hashes', () => {
  const documents = [
    '{}',
    '[]',
    'null',
    '""',
    '0',
    '"0"',
    'false',
    '1',
    '1.0',
    '-0',
    '12345678901234567890',
    '12345678901234567891',
    '[1,2]',
    '[2,1]',
    '[[1],2]',
    '{"0":1,"1":2}',
    '{"a":null}',
    '{"a":{}}',
    '{"a":[]}',
    '{"a":"1"}',
    '{"a":1}',
    '{"a":1,"a":1}',
    '{"__proto__":{"a":1}}',
    '{"__proto__":null}',
    '{"a":{"b":1},"c":2}',
    '{"a":{"b":1,"c":2}}',
    '"{\\"a\\":1}"',
    '{"é":1}',
    '{"e\\u0301":1}',
  ]
  expect(new Set(documents.map(hash)).size).toBe(documents.length)
})

test('parts of different kinds or lengths have different hashes', () => {
  const { root } = readJson(Buffer.from('"a"'))
  expect(new Set([hashJson('a'), hashJson('a', ''), hashJson(root), hashJson(Buffer.from('a'))]).size).toBe(4)
  expect(hashJson('ab', 'c')).not.toBe(hashJson('a', 'bc'))
  expect(hash('{}')).toMatch(/^[0-9a-f]{64}$/)
})

test('members are hashed in the order of their names, without the excluded ones', () => {
  const parts = (text: string) => hashJson(...sortedMembers(readJson(Buffer.from(text)).root, ['label']))
  expect(parts('{"b":1,"label":2,"a":3}')).toBe(parts('{"a":3,"b":1}'))
  expect(parts('{"a":3,"b":1}')).not.toBe(parts('{"a":1,"b":3}'))
})
