import type { AnswerBlock, ContentBlock, ConversationRequest } from './types.ts'

/**
 * Matches a token: one Chinese, Japanese or Korean character, up to twelve letters and digits of a word, or one other
 * character, with the white space before it. CountTokens, usage and maxTokens use the same approximation; models differ by
 * about 20 %. The last alternative matches trailing white space once.
 */
const TOKEN =
  /\s*(?:[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]|[\p{L}\p{N}\p{M}_]{1,12}|\S|$)/gu

/** Approximate tokens of Claude for an image of 1,092 x 1,092 pixels and for a page of a document. */
const TOKENS_PER_MEDIUM = { image: 1_600, document: 1_500, video: 3_000, audio: 1_000 } as const

/** Tokens for the role and separators of a message. */
const TOKENS_PER_TURN = 3

/** Splits `text` into tokens; joined they give `text` again. */
export function splitTokens(text: string): string[] {
  return text.match(TOKEN)?.filter((token) => token !== '') ?? []
}

/** Yields the tokens one by one, for texts too long to hold twice. */
export function* generateTokens(text: string): Generator<string> {
  for (const [token] of text.matchAll(TOKEN)) {
    if (token !== '') yield token
  }
}

export function countTextTokens(text: string): number {
  return splitTokens(text).length
}

/** Counts the input tokens of a request, for CountTokens and `usage`. */
export function countInputTokens({
  system,
  turns,
  tools,
}: Pick<ConversationRequest, 'system' | 'turns' | 'tools'>): number {
  const described = tools.length > 0 ? countTextTokens(JSON.stringify(tools)) : 0
  const counted = turns.map(({ blocks }) => TOKENS_PER_TURN + measureBlocks(blocks, countTextTokens))
  return countTextTokens(system) + described + sum(counted)
}

/** Tests whether a request can have more input tokens than `limit`, without counting them: a token has a character at least. */
export function exceedsTokens(
  { system, turns, tools }: Pick<ConversationRequest, 'system' | 'turns' | 'tools'>,
  limit: number,
): boolean {
  const described = tools.length > 0 ? JSON.stringify(tools).length : 0
  const measured = turns.map(({ blocks }) => TOKENS_PER_TURN + measureBlocks(blocks, (text) => text.length))
  return system.length + described + sum(measured) > limit
}

export function countAnswerTokens(block: AnswerBlock): number {
  if (block.kind === 'redacted') return countTextTokens(block.data)
  if (block.kind === 'toolResult') return countTextTokens(JSON.stringify(block.json))
  return block.kind === 'toolUse'
    ? countTextTokens(block.name) + countTextTokens(JSON.stringify(block.input))
    : countTextTokens(block.text)
}

type TextMeasure = (text: string) => number

function measureBlocks(blocks: readonly ContentBlock[], measure: TextMeasure): number {
  return sum(blocks.map((block) => measureBlock(block, measure)))
}

function measureBlock(block: ContentBlock, measure: TextMeasure): number {
  switch (block.kind) {
    case 'text':
    case 'reasoning':
      return measure(block.text)
    case 'toolUse':
      return measure(block.name) + measure(JSON.stringify(block.input))
    case 'toolResult':
      return measureBlocks(block.blocks, measure)
    case 'cachePoint':
    case 'other':
      return 0
    default:
      return block.source.kind === 'text' ? measure(block.source.text) : TOKENS_PER_MEDIUM[block.kind]
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
