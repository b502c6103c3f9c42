import { closeJson } from '../../../layers/runtime/src/json/close-json.ts'

test.each([
  ['{"a":1.0}', '{"a":1.0}'],
  ['{"a":1,"b":12345678901234567890,"c":"x', '{"a":1,"b":12345678901234567890}'],
  ['{"a":', '{}'],
  ['{"a":1', '{}'],
  ['{"a":1,', '{"a":1}'],
  ['{"a":[1,2,{"b":"}, {\\""},3', '{"a":[1,2,{"b":"}, {\\""}]}'],
  ['{"a":{"b":1},"c', '{"a":{"b":1}}'],
  ['{"a":"\\', '{}'],
  ['{', '{}'],
  ['', '{}'],
  ['[1,2', '{}'],
  ['"text"', '{}'],
  ['not JSON', '{}'],
])('%j is closed as %j', (text, expected) => {
  expect(closeJson(text)).toBe(expected)
})

test('every beginning of an object is closed to an object', () => {
  const text = '{"a":[1.5,{"b":"q\\"uote\\u65e5"}],"c":{"d":null,"e":[true,[]]},"f":"end"}'
  for (let length = 0; length <= text.length; length += 1) {
    const closed = JSON.parse(closeJson(text.slice(0, length)))
    expect(closed).toEqual(expect.any(Object))
  }
})
