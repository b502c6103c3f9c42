import { countTextTokens, splitTokens } from '../../../local/bedrock/conversation/count-tokens.ts'

test.each([
  ['', 0],
  ['Hello', 1],
  ['Hello, world!', 4],
  ['富士山です', 5],
  ['a'.repeat(25), 3],
  ['naïve café', 2],
  ['👍🏽', 2],
])('"%s" is %i tokens', (text, expected) => {
  expect(countTextTokens(text)).toBe(expected)
})

test.each(['  two  spaces ', 'line\nline\n\n', '\ud800 lone', '日本 and 한국, ok'])(
  'the tokens of %j are the text again',
  (text) => {
    expect(splitTokens(text).join('')).toBe(text)
  },
)

test('a megabyte of white space is counted fast', () => {
  expect(countTextTokens(' '.repeat(1_000_000))).toBe(1)
})
