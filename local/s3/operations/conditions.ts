import { S3Error } from '../http/s3-error.ts'
import type { ObjectVersion } from '../model.ts'
import type { Bucket } from '../storage/bucket.ts'
import type { KeyWatch } from '../storage/key-watches.ts'

type ReadHeader = (name: string) => string | undefined

/** Outcome of the conditions of a read. */
export type ReadOutcome = 'fulfilled' | 'not-modified' | { readonly failed: string }

/**
 * Checks If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since in S3's order. An ETag condition replaces the
 * time condition of the same kind. Source: GetObject in the API Reference.
 */
export function checkRead({ etag, lastModified }: ObjectVersion, header: ReadHeader): ReadOutcome {
  const ifMatch = header('if-match')
  const ifNoneMatch = header('if-none-match')
  const unmodifiedSince = parseTime(header('if-unmodified-since'))
  const modifiedSince = parseTime(header('if-modified-since'))
  // Clients know only whole seconds.
  const modified = Math.floor(lastModified / 1000) * 1000
  if (ifMatch !== undefined && !matches(ifMatch, etag)) return { failed: 'If-Match' }
  if (ifMatch === undefined && unmodifiedSince !== undefined && modified > unmodifiedSince) {
    return { failed: 'If-Unmodified-Since' }
  }
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, etag) ? 'not-modified' : 'fulfilled'
  return modifiedSince !== undefined && modified <= modifiedSince ? 'not-modified' : 'fulfilled'
}

/** Conditions on the key at the moment of the write. */
export interface WriteCondition {
  readonly ifMatch: string | undefined
  readonly ifNoneMatch: string | undefined
}

/** NotImplemented, as in S3, for an If-None-Match that is not `*`. */
export function readWriteCondition(header: ReadHeader): WriteCondition {
  const ifMatch = header('if-match')
  const ifNoneMatch = header('if-none-match')
  if (ifNoneMatch === undefined || ifNoneMatch === '*') return { ifMatch, ifNoneMatch }
  throw new S3Error('NotImplemented', {
    elements: { Header: 'If-None-Match', additionalMessage: 'only * is supported' },
  })
}

/**
 * Throws PreconditionFailed when the condition does not hold, NoSuchKey for If-Match without an object, and
 * ConditionalRequestConflict when the key was deleted while the write was prepared. Source: Amazon S3 User Guide, "How to
 * prevent object overwrites with conditional writes".
 */
export function checkWrite(bucket: Bucket, key: string, condition: WriteCondition, watch: KeyWatch): void {
  const { ifMatch, ifNoneMatch } = condition
  if (ifMatch === undefined && ifNoneMatch === undefined) return
  const current = bucket.current(key)
  if (ifNoneMatch !== undefined && current) throw preconditionFailed('If-None-Match')
  if (ifMatch !== undefined && current && !matches(ifMatch, current.etag)) throw preconditionFailed('If-Match')
  if (watch.wasDeleted) throw new S3Error('ConditionalRequestConflict', { elements: { Key: key } })
  if (ifMatch !== undefined && !current) throw new S3Error('NoSuchKey', { elements: { Key: key } })
}

/**
 * Checks If-Match of a deletion: `*` requires an object, an ETag that object. Source: Amazon S3 User Guide, "How to
 * perform conditional deletes".
 */
export function checkDelete(bucket: Bucket, key: string, ifMatch: string | undefined): void {
  if (ifMatch === undefined) return
  const current = bucket.current(key)
  if (!current && ifMatch !== '*') throw new S3Error('NoSuchKey', { elements: { Key: key } })
  if (!current || !matches(ifMatch, current.etag)) throw preconditionFailed('If-Match')
}

export function preconditionFailed(condition: string): S3Error {
  return new S3Error('PreconditionFailed', { elements: { Condition: condition } })
}

/** `expected` is `*` or a list of ETags, with or without quotes. */
function matches(expected: string, etag: string): boolean {
  return expected.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^"|"$/g, '') === etag)
}

/** A malformed date is ignored. */
function parseTime(text: string | undefined): number | undefined {
  const time = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(time) ? undefined : time
}
