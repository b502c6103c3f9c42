import { S3Error } from '../http/s3-error.ts'
import type { S3Request } from '../http/s3-request.ts'
import type { ChangeCause } from '../model.ts'
import type { BlobReader } from '../storage/blob-directory.ts'
import type { Bucket } from '../storage/bucket.ts'
import type { ObjectStore } from '../storage/object-store.ts'

export interface ServiceContext {
  readonly store: ObjectStore
  readonly request: S3Request
}

export interface BucketContext extends ServiceContext {
  readonly bucket: Bucket
}

export interface ObjectContext extends BucketContext {
  readonly key: string
}

export interface Answer {
  readonly statusCode: number
  readonly headers?: Readonly<Record<string, string>>
  /** XML as text; an object's bytes with `content-length` among the headers. */
  readonly body?: string | BlobReader
}

/** Runs one operation. S3Error for a refusal. */
export type Operation<Context> = (context: Context) => Promise<Answer> | Answer

export function toChangeCause({ id, sourceIpAddress }: S3Request, reason: ChangeCause['reason']): ChangeCause {
  return { requestId: id, sourceIpAddress, reason }
}

/** Reads a whole number from the query, `fallback` without one. InvalidArgument for anything else. */
export function readNumber({ query }: S3Request, name: string, fallback: number): number {
  const text = query.get(name)
  if (text === null || text === '') return fallback
  if (/^\d{1,10}$/.test(text)) return Number(text)
  throw new S3Error('InvalidArgument', {
    message: `Provided ${name} not an integer or within integer range`,
    elements: { ArgumentName: name, ArgumentValue: text },
  })
}

/** Renders a time for XML. S3 writes milliseconds, which are always zero. */
export function renderTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.\d+Z$/, '.000Z')
}

/** Renders a time for a header, in whole seconds. */
export function renderHttpTime(timeMs: number): string {
  return new Date(timeMs).toUTCString()
}
