import { parseExactly } from '@bedrock-functions/runtime/json'
import type { Item, ItemSource } from './item-source.ts'
import { type Line, splitLines } from './split-lines.ts'

/** JSON Lines: each line that is not blank is an item. */
export interface LinesOptions extends Pick<ItemSource, 'name' | 'etag'> {
  readonly limit: number
  chunks(): AsyncIterable<Uint8Array>
}

export function fromLines({ limit, chunks, ...origin }: LinesOptions): ItemSource {
  async function* lines(): AsyncGenerator<Line> {
    let count = 0
    for await (const line of splitLines(chunks())) {
      if (line.text.trim() === '') continue
      if (count === limit) return
      count += 1
      yield line
    }
  }
  return {
    ...origin,
    async count() {
      let count = 0
      for await (const line of lines()) {
        parseLine(line, JSON.parse)
        count += 1
      }
      return count
    },
    async *read(isDone): AsyncGenerator<Item> {
      let index = -1
      for await (const line of lines()) {
        index += 1
        if (!isDone(index)) yield { index, value: parseLine(line, parseExactly) }
      }
    },
  }
}

function parseLine({ number, text }: Line, parse: (text: string) => unknown): unknown {
  try {
    return parse(text)
  } catch (error) {
    throw new SyntaxError(`line ${number} is not JSON: ${(error as Error).message}`)
  }
}
