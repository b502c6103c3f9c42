const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/** True for padded base64 of the standard alphabet, Bedrock's JSON form of blobs. */
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && BASE64.test(text)
}

/** Decodes text that {@link isBase64} has checked, because Buffer skips invalid characters. */
export function decodeBase64(text: string): Uint8Array {
  return Buffer.from(text, 'base64')
}
