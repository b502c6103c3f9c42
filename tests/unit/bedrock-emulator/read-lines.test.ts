import { MAX_LINE_BYTES, readLines } from '../../../local/bedrock/batch/read-lines.ts'

async function* pieces(...texts: string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}

async function linesOf(chunks: AsyncIterable<Uint8Array>): Promise<[number, string][]> {
  const lines: [number, string][] = []
  for await (const { number, bytes } of readLines('file', chunks)) lines.push([number, bytes.toString()])
  return lines
}

test('lines are the same wherever the chunks are cut', async () => {
  const text = 'one\ntwo é\r\n\nfour'
  const bytes = Buffer.from(text)
  for (let cut = 0; cut <= bytes.length; cut++) {
    async function* chunks() {
      yield bytes.subarray(0, cut)
      yield bytes.subarray(cut)
    }
    expect(await linesOf(chunks())).toEqual([
      [1, 'one'],
      [2, 'two é\r'],
      [3, ''],
      [4, 'four'],
    ])
  }
})

test('a line feed at the end begins no line', async () => {
  expect(await linesOf(pieces('a\n'))).toEqual([[1, 'a']])
  expect(await linesOf(pieces())).toEqual([])
})

test('a line above the limit is refused before its end', async () => {
  let read = 0
  async function* endless() {
    yield Buffer.from('short\n')
    for (;;) {
      read += 1 << 20
      yield Buffer.alloc(1 << 20, 'x')
    }
  }
  await expect(linesOf(endless())).rejects.toThrow(
    `file, line 2: the line is longer than the limit of ${MAX_LINE_BYTES}`,
  )
  expect(read).toBeLessThan(MAX_LINE_BYTES + (2 << 20))
})
