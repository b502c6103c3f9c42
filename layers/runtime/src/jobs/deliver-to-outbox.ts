import type { ObjectStore } from '../core/object-store.ts'
import { parseS3Folder } from '../core/s3-uri.ts'
import type { OutboxTarget } from './documents.ts'
import type { Job } from './read-job.ts'

/** Object metadata with the S3 sequencer of the dropped object. */
const SEQUENCER = 'inbox-sequencer'

/**
 * Copies a job's answer or its error to the dropped object's key under outbox/. If several objects of one name were dropped,
 * the answer to the newest one stays, even if its job ends first.
 */
export async function deliverToOutbox({ request, end }: Required<Job>, store: ObjectStore): Promise<void> {
  const { outbox } = request
  if (!outbox || !end) return
  if (end.status === 'Completed') {
    const { bucket } = parseS3Folder(request.output.s3Uri)
    const [key] = end.outputs
    if (key === undefined) {
      const message = `The output is under ${request.output.s3Uri}, which this stack may not list.`
      await deliverError(store, outbox, { type: 'AccessDeniedException', message })
      return
    }
    const output = await store.get({ bucket, key })
    // The owner has deleted the output.
    if (output) await putNewest(store, outbox, output.body, output.contentType ?? 'application/json')
    return
  }
  const { type = 'InternalServerException', message = '' } = end.failure ?? {}
  await deliverError(store, outbox, { type, message })
}

/** Writes an error document under outbox/: `{"error": {"type", "message"}, "source": {"key", "versionId"}}`. */
export async function deliverError(
  store: ObjectStore,
  outbox: OutboxTarget,
  error: { readonly type: string; readonly message: string },
): Promise<void> {
  const { inboxKey, inboxVersionId } = outbox
  const source = { key: inboxKey, ...(inboxVersionId !== undefined && { versionId: inboxVersionId }) }
  await putNewest(store, outbox, JSON.stringify({ error, source }), 'application/json')
}

async function putNewest(
  store: ObjectStore,
  { key, sequencer }: OutboxTarget,
  body: Uint8Array | string,
  contentType: string,
): Promise<void> {
  const location = { bucket: store.bucket, key }
  const options = { contentType, metadata: { [SEQUENCER]: sequencer } }
  while (true) {
    const present = await store.head(location)
    if (present && isNewer(present.metadata[SEQUENCER] ?? '', sequencer)) return
    const written = present
      ? await store.replace(location, present.etag, body, options)
      : await store.putNew(location, body, options)
    if (written) return
  }
}

/**
 * Compares sequencers by S3's rule: hexadecimal strings, of which the shorter one is padded with zeros on the right.
 * Source: Amazon S3 User Guide, "Event message structure".
 */
function isNewer(one: string, other: string): boolean {
  const length = Math.max(one.length, other.length)
  return one.padEnd(length, '0') > other.padEnd(length, '0')
}
