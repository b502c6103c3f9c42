import { decodeChunks, type Trailers } from '../../../local/s3/body/decode-chunks.ts'
import type { S3Error } from '../../../local/s3/http/s3-error.ts'
import { collect } from './collect.ts'

const BODY = 'a;chunk-signature=ab\r\n0123\r\n6789\r\n3\nabc\r\n0\r\nX-One: 1\r\ntwo:2\r\n\r\n'

async function* inPieces(text: string, size: number) {
  for (let index = 0; index < text.length; index += size) yield Buffer.from(text.slice(index, index + size))
}

test.each([1, 2, 3, 7, 1000])('a body in pieces of %d bytes is decoded', async (size) => {
  const trailers: Trailers = new Map()
  expect(await collect(decodeChunks(inPieces(BODY, size), trailers))).toBe('0123\r\n6789abc')
  expect([...trailers]).toEqual([
    ['x-one', '1'],
    ['two', '2'],
  ])
})

test('every truncation before the trailers is an error', async () => {
  for (let length = 0; length < BODY.indexOf('X-One'); length += 1) {
    const decoded = collect(decodeChunks(inPieces(BODY.slice(0, length), 5), new Map()))
    const outcome = await decoded.then(
      () => 'whole',
      (error: S3Error) => error.code,
    )
    expect([length, outcome]).toEqual([length, 'IncompleteBody'])
  }
})

test.each([
  ['17 trailers', `0\r\n${Array.from({ length: 17 }, (_, i) => `t${i}: x\r\n`).join('')}\r\n`],
  ['a trailer without a name', '0\r\n: x\r\n\r\n'],
])('%s is refused', async (_name, body) => {
  const decoded = collect(decodeChunks(inPieces(body, 100), new Map()))
  await expect(decoded).rejects.toMatchObject({ code: 'MalformedTrailerError' })
})

test('an endless line is refused before all of it is in memory', async () => {
  let sent = 0
  async function* endless() {
    for (;;) {
      sent += 1024
      yield Buffer.alloc(1024, 'a')
    }
  }
  await expect(collect(decodeChunks(endless(), new Map()))).rejects.toMatchObject({ code: 'InvalidRequest' })
  expect(sent).toBeLessThan(10_000)
})
