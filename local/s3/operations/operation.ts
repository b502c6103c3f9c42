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

/** S3Error for what S3 would refuse. */
export type Operation<Context> = (context: Context) => Promise<Answer> | Answer

export function causeOf({ id, sourceIpAddress }: S3Request, reason: ChangeCause['reason']): ChangeCause {
  return { requestId: id, sourceIpAddress, reason }
}

/** A whole number of the query, `fallback` without one. InvalidArgument for anything else. */
export function numberFrom({ query }: S3Request, name: string, fallback: number): number {
  const text = query.get(name)
  if (text === null || text === '') return fallback
  if (/^\d{1,10}$/.test(text)) return Number(text)
  throw new S3Error('InvalidArgument', {
    message: `Provided ${name} not an integer or within integer range`,
    elements: { ArgumentName: name, ArgumentValue: text },
  })
}

/** S3 writes times in XML with milliseconds, which are always zero. */
export function renderTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, '.000Z')
}

/** For a header: whole seconds. */
export function renderHttpTime(milliseconds: number): string {
  return new Date(milliseconds).toUTCString()
}
