/** The member of Bedrock's request metadata that says who called; it stands in Bedrock's own invocation logs. */
const MEMBER = 'caller'
/** Bedrock's limits for request metadata. Source: the service model of bedrock-runtime, RequestMetadata. */
const MOST_ENTRIES = 16
const LONGEST_VALUE = 256

export const METADATA_HEADER = 'x-amzn-bedrock-request-metadata'

/** Where an operation carries its request metadata: in a header, as a member of its document, or nowhere. */
export type MetadataPlace = 'header' | 'body' | undefined

interface Carrier {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/**
 * The request with the verified caller in its metadata, over whatever it says there itself; as it was where nobody was
 * authenticated. A document gets one member more at its beginning and is otherwise the caller's bytes.
 */
export function nameCaller<Request extends Carrier>(
  request: Request,
  place: MetadataPlace,
  caller: string | undefined,
): Request {
  if (caller === undefined || place === undefined) return request
  const value = caller.replace(/[^a-zA-Z0-9\s:_@$#=/+,.-]/g, '_').slice(0, LONGEST_VALUE)
  if (place === 'body') return { ...request, body: nameInDocument(request.body, value) }
  const metadata = addEntry(parseObject(request.headers[METADATA_HEADER] ?? '{}'), value)
  // What cannot be read is for Bedrock to refuse.
  if (!metadata) return request
  return { ...request, headers: { ...request.headers, [METADATA_HEADER]: JSON.stringify(metadata) } }
}

const NAMED = Buffer.from('"requestMetadata"')

function nameInDocument(body: Uint8Array, value: string): Uint8Array {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  if (bytes.includes(NAMED) || hasEscapedName(bytes)) {
    const document = parseObject(bytes.toString())
    if (!document) return body
    const metadata = addEntry(asObject(document.requestMetadata ?? {}), value)
    return metadata ? Buffer.from(JSON.stringify({ ...document, requestMetadata: metadata })) : body
  }
  const opening = findFirstMember(bytes)
  if (opening === undefined) return body
  const isEmpty = bytes[opening] === '}'.charCodeAt(0)
  const member = `"requestMetadata":${JSON.stringify({ [MEMBER]: value })}${isEmpty ? '' : ','}`
  return Buffer.concat([bytes.subarray(0, opening), Buffer.from(member), bytes.subarray(opening)])
}

const [QUOTE, BACKSLASH, COLON] = Buffer.from('"\\:')
const WHITE_SPACE = new Set(Buffer.from(' \t\r\n'))

/**
 * Whether a member's name is spelled with escapes, which could be this one, too. String by string, in one pass: Python's
 * clients escape every letter that is not ASCII, and a regular expression goes over such texts again from each escape.
 */
function hasEscapedName(bytes: Buffer): boolean {
  if (!bytes.includes('\\u')) return false
  for (let start = bytes.indexOf('"'); start >= 0; start = bytes.indexOf('"', start)) {
    let isEscaped = false
    let end = start + 1
    for (; end < bytes.length && bytes[end] !== QUOTE; end += 1) {
      if (bytes[end] !== BACKSLASH) continue
      end += 1
      isEscaped ||= bytes[end] === 0x75
    }
    start = end + 1
    if (!isEscaped) continue
    while (WHITE_SPACE.has(bytes[start] ?? 0)) start += 1
    if (bytes[start] === COLON) return true
  }
  return false
}

/** Where a document's first member begins, or its end where it has none; undefined for what is no object. */
function findFirstMember(bytes: Buffer): number | undefined {
  const brace = skipBlanks(bytes, 0)
  return bytes[brace] === '{'.charCodeAt(0) ? skipBlanks(bytes, brace + 1) : undefined
}

const BLANKS = new Set([...' \t\r\n'].map((character) => character.charCodeAt(0)))

function skipBlanks(bytes: Buffer, from: number): number {
  let position = from
  while (BLANKS.has(bytes[position] ?? 0)) position += 1
  return position
}

/** undefined for what is no metadata, and where the caller's own entries leave no room: those are not taken away. */
function addEntry(metadata: Record<string, unknown> | undefined, value: string): Record<string, unknown> | undefined {
  if (!metadata) return undefined
  const named = { ...metadata, [MEMBER]: value }
  return Object.keys(named).length > MOST_ENTRIES ? undefined : named
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return asObject(JSON.parse(text))
  } catch {
    return undefined
  }
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}
