/**
 * What a call used, as far as its price depends on it. A member is absent where Bedrock did not say.
 */
export interface DetailedUsage {
  /** Those that were neither read from a cache nor written to one. */
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly cacheReadInputTokens?: number
  /** All that were written to a cache. */
  readonly cacheWriteInputTokens?: number
  /** Those of them that are kept for five minutes. */
  readonly cacheWrite5mInputTokens?: number
  /** Those of them that are kept for an hour. */
  readonly cacheWrite1hInputTokens?: number
  /** The tier that served the call: `default`, `flex`, `priority`, `reserved`. */
  readonly serviceTier?: string
  /** `standard` or `optimized`. */
  readonly latency?: string
}

export type Document = Readonly<Record<string, unknown>>

/** Cache writes of which it is not known how long they are kept. */
export function unsaidCacheWrites(usage: DetailedUsage): number {
  const { cacheWriteInputTokens = 0, cacheWrite5mInputTokens = 0, cacheWrite1hInputTokens = 0 } = usage
  return Math.max(0, cacheWriteInputTokens - cacheWrite5mInputTokens - cacheWrite1hInputTokens)
}

/** The first of these members that is a count of tokens. */
export function pickCount(document: Document, ...names: string[]): number | undefined {
  return names.map((name) => document[name]).find(isCount)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

/** Without the members that are not known. */
export function known(usage: { [Member in keyof DetailedUsage]: DetailedUsage[Member] | undefined }): DetailedUsage {
  return Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== undefined))
}

export function asDocument(value: unknown): Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Document) : {}
}

export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** An empty document for what is none: what a call used is then not known, and the caller gets Bedrock's bytes anyway. */
export function parseDocument(bytes: Uint8Array): Document {
  try {
    return asDocument(JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()))
  } catch {
    return {}
  }
}
