/** Assumed length of media in S3, which are not read. */
const ASSUMED_SECONDS = 20

/** Limit of answered segments. Source: Amazon Nova User Guide, "File limitations for Nova Embeddings". */
const MAX_SEGMENTS = 1_434

export interface Segment {
  readonly start: number
  readonly end: number
}

/** Splits `[start, end]` into pieces of `length` seconds, the last one shorter. Without an end, assumes a length. */
export function splitTime(length: number, start = 0, end = start + ASSUMED_SECONDS): readonly Segment[] {
  const count = Math.min(MAX_SEGMENTS, Math.max(1, Math.ceil((end - start) / length)))
  return Array.from({ length: count }, (_, index) => ({
    start: start + index * length,
    end: Math.min(end, start + (index + 1) * length),
  }))
}
