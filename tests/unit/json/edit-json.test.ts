import {
  appendItem,
  applyEdits,
  insertMember,
  type JsonEdit,
  prependMember,
  removeMembers,
  renameMember,
  replaceValue,
  setMember,
} from '../../../layers/runtime/src/json/edit-json.ts'
import { type JsonValue, readJson } from '../../../layers/runtime/src/json/json-document.ts'

function edit(text: string, makeEdits: (root: JsonValue) => JsonEdit[]): string {
  const { root, bytes } = readJson(Buffer.from(text))
  return applyEdits(bytes, makeEdits(root)).toString()
}

test.each([
  ['{"a":1}', '{"new":[0],"a":1}'],
  [' {\n  "a" : 1.00, "é": 12345678901234567890 }\n', ' {"new":[0],\n  "a" : 1.00, "é": 12345678901234567890 }\n'],
  ['{ }', '{"new":[0] }'],
  ['\uFEFF{"a":-0}', '\uFEFF{"new":[0],"a":-0}'],
])('a member is inserted into %j', (text, expected) => {
  expect(edit(text, (root) => [insertMember(root, 'new', '[0]')])).toBe(expected)
  expect(prependMember(Buffer.from(text), 'new', '[0]').toString()).toBe(expected)
})

test.each(['[{"a":1}]', 'GIF89a', ''])('bytes that are not an object get no member: %j', (text) => {
  expect(prependMember(Buffer.from(text), 'new', '0').toString()).toBe(text)
})

test.each([
  ['{}', '{"a":1,"b":2}'],
  ['{"c":3}', '{"a":1,"b":2,"c":3}'],
])('several members are inserted into %j', (text, expected) => {
  expect(edit(text, (root) => [insertMember(root, 'a', '1'), insertMember(root, 'b', '2')])).toBe(expected)
})

test.each([
  ['[]', '[1,2]'],
  ['[ 0 ]', '[ 0 ,1,2]'],
])('items are appended to %j', (text, expected) => {
  expect(edit(text, (root) => [appendItem(root, '1'), appendItem(root, '2')])).toBe(expected)
})

test.each([
  ['{"a":1}', '{"x":0,"a":1}'],
  ['{"a":1,"x" : [1, 2]}', '{"a":1,"x" : 0}'],
  ['{"x":1,"a":1,"\\u0078":null}', '{"x":0,"a":1,"\\u0078":0}'],
])('setting a member of %j gives %j', (text, expected) => {
  expect(edit(text, (root) => setMember(root, 'x', '0'))).toBe(expected)
})

test.each([
  ['{"x":1}', '{}'],
  ['{ "x":1 , "a":1}', '{ "a":1}'],
  ['{"a":1, "x":1}', '{"a":1}'],
  ['{"a":1,"x":1,"y":2,"b":3}', '{"a":1,"b":3}'],
  ['{"x":1,"y":2,"a":1,"x":3}', '{"a":1}'],
  ['{"x":1,"a":1,"y":2,"b":2,"x":3,"y":4}', '{"a":1,"b":2}'],
  ['{"a":1}', '{"a":1}'],
])('removing x and y from %j gives %j', (text, expected) => {
  expect(edit(text, (root) => removeMembers(root, ['x', 'y']))).toBe(expected)
})

test('edits may be given in any order and change only their bytes', () => {
  const edited = edit('{"a": 1.0, "b": [2], "c":"\\u65e5", "n": 12345678901234567890}', (root) => {
    const [a, b, c] = root.members
    if (!a || !b || !c) throw new Error('three members were expected')
    return [replaceValue(c.value, '"x"'), appendItem(b.value, '3'), renameMember(a, 'd')]
  })
  expect(edited).toBe('{"d":1.0, "b": [2,3], "c":"x", "n": 12345678901234567890}')
})

test('without edits the bytes are the same', () => {
  const bytes = Buffer.from('{}')
  expect(applyEdits(bytes, [])).toEqual(bytes)
})
