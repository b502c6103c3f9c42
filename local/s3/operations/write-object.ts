import type { DigestedBody } from '../body/incoming-body.ts'
import type { ChangeCause, ObjectHeaders, ObjectVersion } from '../model.ts'
import type { VersionDraft } from '../storage/object-store.ts'
import { checkWrite, readWriteCondition } from './conditions.ts'
import { type ObjectContext, toChangeCause } from './operation.ts'

export interface Preparation {
  readonly reason: ChangeCause['reason']
  readonly prepare: () => Promise<VersionDraft>
  /** Throws when the draft is outdated; called in the same event-loop turn as the write. */
  readonly confirm?: (draft: VersionDraft) => void
}

/**
 * Writes a version of a key under the request's conditions. They are checked first, to refuse early, and again in the same
 * event-loop turn as the write, with no await between.
 */
export async function writeObject(
  { store, bucket, key, request }: ObjectContext,
  { reason, prepare, confirm }: Preparation,
): Promise<ObjectVersion> {
  const condition = readWriteCondition(request.header)
  const watch = store.watches.begin(bucket.name, key)
  try {
    checkWrite(bucket, key, condition, watch)
    const draft = await prepare()
    try {
      checkWrite(bucket, key, condition, watch)
      confirm?.(draft)
      return store.putObject(bucket, draft, toChangeCause(request, reason))
    } catch (error) {
      // A multipart upload keeps its parts: it may be completed again.
      if (draft.uploadId === undefined) store.blobs.remove(draft.blobs)
      throw error
    }
  } finally {
    watch.end()
  }
}

/** Stores a body and returns its draft with the client's headers. */
export async function draftFromBody(
  { store, key }: ObjectContext,
  body: DigestedBody,
  headers: ObjectHeaders,
): Promise<VersionDraft> {
  const blob = await store.blobs.write(body)
  const { etag, checksum } = body.digest
  return { key, ...headers, etag, size: blob?.size ?? 0, blobs: blob ? [blob] : [], ...(checksum && { checksum }) }
}

/** Renders the version id, where the bucket has versions. */
export function versionHeader({ bucket }: ObjectContext, { versionId }: ObjectVersion): Record<string, string> {
  return bucket.configuration.isVersioned ? { 'x-amz-version-id': versionId } : {}
}
