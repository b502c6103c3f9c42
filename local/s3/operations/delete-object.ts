import type { S3Request } from '../http/s3-request.ts'
import { NULL_VERSION } from '../model.ts'
import { checkDelete } from './conditions.ts'
import { type BucketContext, type ObjectContext, type Operation, toChangeCause } from './operation.ts'

export const deleteObject: Operation<ObjectContext> = (context) => {
  const { request, key } = context
  const outcome = deleteKey(context, {
    key,
    versionId: request.query.get('versionId') ?? undefined,
    ifMatch: request.header('if-match'),
  })
  return {
    statusCode: 204,
    headers: {
      ...(outcome.versionId !== undefined && { 'x-amz-version-id': outcome.versionId }),
      ...(outcome.isDeleteMarker && { 'x-amz-delete-marker': 'true' }),
    },
  }
}

export interface Deletion {
  readonly key: string
  /** Removes this version for ever. Without one, a versioned bucket adds a delete marker. */
  readonly versionId: string | undefined
  readonly ifMatch: string | undefined
}

export interface DeletionOutcome {
  /** Id of the removed version or new delete marker; undefined where the bucket has no versions. */
  readonly versionId: string | undefined
  /** A delete marker was added or removed. */
  readonly isDeleteMarker: boolean
}

/** Deletes a key; a missing key is no failure. PreconditionFailed or NoSuchKey by `ifMatch`. */
export function deleteKey(context: BucketContext & { request: S3Request }, deletion: Deletion): DeletionOutcome {
  const { store, bucket, request } = context
  const { key, versionId, ifMatch } = deletion
  checkDelete(bucket, key, ifMatch)
  const cause = toChangeCause(request, 'DeleteObject')
  const versions = bucket.versionsOf(key)
  const { isVersioned } = bucket.configuration
  const hasOldVersions = versions.some((version) => version.versionId !== NULL_VERSION)
  if (versionId === undefined && (isVersioned || hasOldVersions)) {
    return { versionId: store.putDeleteMarker(bucket, key, cause).versionId, isDeleteMarker: true }
  }
  const removed = versions.find((version) => version.versionId === (versionId ?? NULL_VERSION))
  if (removed) store.removeVersion(bucket, removed, cause)
  return { versionId, isDeleteMarker: removed?.isDeleteMarker ?? false }
}
