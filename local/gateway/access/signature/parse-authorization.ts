/** The header Authorization of a request signed with Signature Version 4. */
export interface SignedAuthorization {
  readonly accessKey: string
  /** `20260131`. */
  readonly date: string
  readonly region: string
  readonly service: string
  /** Names in lower case. */
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

export const ALGORITHM = 'AWS4-HMAC-SHA256'

/**
 * Undefined for anything else, and where a part is missing.
 * Source: IAM user guide, "Elements of an AWS API request signature".
 */
export function parseAuthorization(header: string): SignedAuthorization | undefined {
  if (!header.startsWith(`${ALGORITHM} `)) return undefined
  const parts = new Map(
    header
      .slice(ALGORITHM.length)
      .split(',')
      .map((part) => part.trim())
      .map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]),
  )
  const [accessKey, date, region, service, end, ...others] = (parts.get('Credential') ?? '').split('/')
  const signedHeaders = parts.get('SignedHeaders')
  const signature = parts.get('Signature')
  if (!accessKey || !date || !region || !service || end !== 'aws4_request' || others.length > 0) return undefined
  if (!signedHeaders || !signature) return undefined
  return { accessKey, date, region, service, signedHeaders: signedHeaders.toLowerCase().split(';'), signature }
}
