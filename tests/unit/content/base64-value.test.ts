import { encodeBase64 } from '../../../layers/runtime/src/pipeline/content/base64-value.ts'

async function* chunksOf(bytes: Uint8Array, size: number) {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}

test.each([0, 1, 2, 3, 4, 5, 100])('%i bytes have the same base64 whatever their chunks are', async (length) => {
  const bytes = Buffer.from(Array.from({ length }, (_, index) => (index * 37) % 256))
  for (const size of [1, 2, 3, 4, 7, 64]) {
    const { json, ...value } = await encodeBase64(chunksOf(bytes, size), length)
    expect(value).toEqual({ length })
    expect(Buffer.from(json).toString()).toBe(JSON.stringify(bytes.toString('base64')))
  }
})

test.each([9, 11])('%i bytes where 10 were announced are an error', async (length) => {
  await expect(encodeBase64(chunksOf(Buffer.alloc(length), 4), 10)).rejects.toThrow('another length than 10')
})
