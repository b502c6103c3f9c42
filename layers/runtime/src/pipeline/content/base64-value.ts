/** Bytes as a JSON value: base64 in quotes. */
export interface Base64Value {
  /** Number of bytes. */
  readonly length: number
  readonly json: Uint8Array
}

const QUOTE = 0x22

/**
 * Encodes bytes as they arrive, into memory of the right size. An object of 25 MB has 34 MB in base64: strings, or chunks that
 * are joined, would need several times that, which a function with little memory does not have.
 *
 * @param chunks bytes of this `length` together
 * @throws RangeError if they have another length
 */
export async function encodeBase64(chunks: AsyncIterable<Uint8Array>, length: number): Promise<Base64Value> {
  const json = Buffer.allocUnsafe(Math.ceil(length / 3) * 4 + 2)
  json[0] = QUOTE
  let end = 1
  let count = 0
  // Base64 encodes three bytes at a time: the bytes that are left over wait for the next chunk.
  let rest = Buffer.alloc(0)
  const write = (bytes: Buffer) => {
    end += json.write(bytes.toString('base64'), end, 'latin1')
  }
  for await (const chunk of chunks) {
    count += chunk.length
    if (count > length) break
    const bytes = Buffer.concat([rest, chunk])
    const complete = bytes.length - (bytes.length % 3)
    write(bytes.subarray(0, complete))
    rest = bytes.subarray(complete)
  }
  if (count !== length) throw new RangeError(`the object has another length than ${length} bytes`)
  write(rest)
  json[end] = QUOTE
  return { length, json }
}
