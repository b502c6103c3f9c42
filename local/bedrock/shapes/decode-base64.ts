const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/** Padded base64 of the standard alphabet, which is what Bedrock's JSON carries blobs as. */
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && BASE64.test(text)
}

/** Callers have checked the text by {@link isBase64}: Buffer itself skips what it does not understand. */
export function decodeBase64(text: string): Uint8Array {
  return Buffer.from(text, 'base64')
}
