import { addMember } from '../../../layers/runtime/src/json/add-member.ts'

test.each([
  ['{"a":1}', '{"new":[0],"a":1}'],
  [' {\n  "a" : 1.00, "é": 12345678901234567890 }\n', ' {\n  "new":[0],"a" : 1.00, "é": 12345678901234567890 }\n'],
  ['{}', '{}'],
  ['[{"a":1}]', '[{"a":1}]'],
  ['GIF89a', 'GIF89a'],
  ['', ''],
])('%j becomes %j', (document, changed) => {
  expect(addMember(Buffer.from(document), 'new', [0]).toString()).toBe(changed)
})
