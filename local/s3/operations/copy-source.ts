import { S3Error } from '../http/s3-error.ts'
import type { ObjectVersion } from '../model.ts'
import type { Bucket } from '../storage/bucket.ts'
import { checkRead, preconditionFailed } from './conditions.ts'
import { versionIn } from './find-version.ts'
import type { ObjectContext } from './operation.ts'

export interface CopySource {
  readonly bucket: Bucket
  readonly version: ObjectVersion
  /** The request names a version. */
  readonly isNamedVersion: boolean
}

/**
 * Finds the object of `x-amz-copy-source`: `[/]bucket/key[?versionId=…]`, URL-encoded. Throws the errors of a read, and
 * PreconditionFailed where a read would answer 304.
 */
export function findSource({ store, request }: ObjectContext): CopySource {
  const header = request.header('x-amz-copy-source') ?? ''
  const [raw = '', query = ''] = header.split(/\?(?=versionId=[^/]*$)/)
  const [, bucketName, key] = /^\/?([^/]+)\/(.+)$/s.exec(decode(raw)) ?? []
  if (bucketName === undefined || key === undefined) throw invalidSource(header)
  const bucket = store.bucket(bucketName)
  if (!bucket) throw new S3Error('NoSuchBucket', { elements: { BucketName: bucketName } })
  const expectedOwner = request.header('x-amz-source-expected-bucket-owner')
  if (expectedOwner !== undefined && expectedOwner !== store.owner.accountId) throw new S3Error('AccessDenied')
  const versionId = new URLSearchParams(query).get('versionId') ?? undefined
  const version = versionIn(bucket, key, versionId)
  const outcome = checkRead(version, (name) => request.header(`x-amz-copy-source-${name}`))
  if (outcome !== 'fulfilled') {
    throw preconditionFailed(`x-amz-copy-source-${outcome === 'not-modified' ? 'If-None-Match' : outcome.failed}`)
  }
  return { bucket, version, isNamedVersion: versionId !== undefined }
}

export function versionHeaderOfSource({ bucket, version }: CopySource): Record<string, string> {
  return bucket.configuration.isVersioned ? { 'x-amz-copy-source-version-id': version.versionId } : {}
}

function decode(raw: string): string {
  try {
    return decodeURIComponent(raw)
  } catch {
    throw invalidSource(raw)
  }
}

function invalidSource(value: string): S3Error {
  return new S3Error('InvalidArgument', {
    message: 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
    elements: { ArgumentName: 'x-amz-copy-source', ArgumentValue: value },
  })
}
