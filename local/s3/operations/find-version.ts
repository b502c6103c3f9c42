import { S3Error } from '../http/s3-error.ts'
import type { ObjectVersion } from '../model.ts'
import type { Bucket } from '../storage/bucket.ts'
import { type ObjectContext, renderHttpTime } from './operation.ts'

/** Finds the version in the query, or the current one. NoSuchKey, NoSuchVersion, or MethodNotAllowed for a marker. */
export function findVersion({ bucket, key, request }: ObjectContext): ObjectVersion {
  return versionIn(bucket, key, request.query.get('versionId') ?? undefined)
}

export function versionIn(bucket: Bucket, key: string, versionId: string | undefined): ObjectVersion {
  const versions = bucket.versionsOf(key)
  const version = versionId === undefined ? versions[0] : versions.find((one) => one.versionId === versionId)
  if (!version) {
    if (versionId === undefined) throw new S3Error('NoSuchKey', { elements: { Key: key } })
    throw new S3Error('NoSuchVersion', { elements: { Key: key, VersionId: versionId } })
  }
  if (!version.isDeleteMarker) return version
  const headers = { 'x-amz-delete-marker': 'true', 'x-amz-version-id': version.versionId }
  if (versionId === undefined) throw new S3Error('NoSuchKey', { elements: { Key: key }, headers })
  throw new S3Error('MethodNotAllowed', {
    elements: { Method: 'GET', ResourceType: 'DeleteMarker' },
    headers: { ...headers, 'last-modified': renderHttpTime(version.lastModified), allow: 'DELETE' },
  })
}
