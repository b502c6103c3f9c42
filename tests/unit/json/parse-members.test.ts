import { parseMembers } from '../../../layers/runtime/src/json/parse-members.ts'

const NAMES = ['stopReason', 'usage']
const long = 'A long answer with "quotes" and lines.\n'.repeat(1000)
const usage = { inputTokens: 3, outputTokens: 5 }

function pick(document: unknown) {
  const { stopReason, usage: found } = parseMembers(Buffer.from(JSON.stringify(document)), NAMES)
  return { stopReason, usage: found }
}

test.each([
  ['after a long answer', { output: long, stopReason: 'end_turn', usage }],
  ['in another order, with a member between them', { output: long, usage, trace: { a: [1] }, stopReason: 'end_turn' }],
  ['before a long answer', { stopReason: 'end_turn', usage, output: long }],
  ['on both sides of a long answer', { usage, output: long, stopReason: 'end_turn' }],
  ['of a short document', { stopReason: 'end_turn', usage }],
  [
    'beside nested members of the same names, before',
    { output: [{ usage: 1, stopReason: 2 }, long], stopReason: 'end_turn', usage },
  ],
  [
    'beside nested members of the same names, after',
    { output: long, stopReason: 'end_turn', usage, trace: { usage: 1, more: { stopReason: 2 } } },
  ],
  ['beside their names as texts', { output: long, stopReason: 'end_turn', usage, names: ['usage', 'stopReason'] }],
  ['beside a text that ends with a name', { output: long, stopReason: 'end_turn', usage, text: 'the "usage' }],
])('members %s are found', (_, document) => {
  expect(pick(document)).toEqual({ stopReason: 'end_turn', usage })
})

test('a nested member is not taken for one of the root', () => {
  expect(pick({ output: long, trace: { usage, stopReason: 'nested' } })).toEqual({})
  expect(pick({ output: long, stopReason: 'end_turn', trace: { usage } })).toEqual({ stopReason: 'end_turn' })
})

test('the last of repeated members counts, as for JSON.parse', () => {
  const text = `{"usage":{"inputTokens":1},"output":${JSON.stringify(long)},"usage":{"inputTokens":2}}`
  expect(parseMembers(Buffer.from(text), NAMES).usage).toEqual({ inputTokens: 2 })
})

test('bytes that do not end as a JSON object have no members', () => {
  const cut = Buffer.from(JSON.stringify({ output: long, usage })).subarray(0, -1)
  expect(parseMembers(cut, NAMES)).toEqual({})
  expect(parseMembers(Buffer.from(long), NAMES)).toEqual({})
})
