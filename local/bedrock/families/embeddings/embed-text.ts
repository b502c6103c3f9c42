import { createHash } from 'node:crypto'

/** More words than any embedding model reads. */
const MAX_WORDS = 10_000

/**
 * Embeds a text as the sum of one pseudo-random vector per word: equal for the same text, near for texts that share words.
 * The length is 1 unless `normalize` is false.
 */
export function embedText(text: string, dimensions: number, normalize = true): number[] {
  const words =
    text
      .toLowerCase()
      .match(/[\p{L}\p{N}]{1,40}|\S/gu)
      ?.slice(0, MAX_WORDS) ?? []
  const sum = new Float64Array(dimensions)
  for (const word of words.length > 0 ? words : ['']) addWord(sum, word)
  const length = normalize ? Math.hypot(...sum) : 1
  // A float has eight digits, as in Bedrock's answers.
  return Array.from(sum, (value) => Number((value / (length || 1)).toFixed(8)))
}

/** Adds a word's vector: numbers from -1 to 1 by Marsaglia's xorshift32, seeded with the word. */
function addWord(sum: Float64Array, word: string): void {
  let state = createHash('sha256').update(word).digest().readUInt32LE(0) || 1
  for (let index = 0; index < sum.length; index++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    sum[index] = (sum[index] ?? 0) + state / 0x80000000
  }
}
