import { readAnswerTraits } from '../../../local/bedrock/models/answer-traits.ts'

test.each([
  ['anthropic.claude-3-haiku-20240307-v1:0', ['isClaude']],
  ['anthropic.claude-3-7-sonnet-20250219-v1:0', ['countsCache', 'isClaude']],
  ['anthropic.claude-sonnet-4-20250514-v1:0', ['countsCache', 'isClaude']],
  ['anthropic.claude-opus-4-1-20250805-v1:0', ['countsCache', 'isClaude']],
  ['anthropic.claude-opus-4-5-20251101-v1:0', ['countsCache', 'isClaude', 'typesToolUses']],
  ['anthropic.claude-sonnet-4-5-20250929-v1:0', ['countsCache', 'isClaude', 'typesToolUses']],
  ['anthropic.claude-sonnet-5-5', ['countsCache', 'isClaude', 'typesToolUses']],
  ['amazon.nova-lite-v1:0', []],
  ['amazon.nova-2-lite-v1:0', ['typesToolUses']],
  ['deepseek.r1-v1:0', ['alwaysReasons']],
  ['meta.llama3-3-70b-instruct-v1:0', []],
  ['', []],
])('the traits of the answers of %s are read', (baseId, expected) => {
  const traits = Object.entries(readAnswerTraits(baseId)).filter(([, value]) => value)

  expect(traits.map(([name]) => name).sort()).toEqual(expected)
})
