import { BedrockError, type RestReply, type S3Location } from '@bedrock-functions/runtime/core'
import { signDownload } from '@bedrock-functions/runtime/jobs/start'
import type { ObjectStore } from '@bedrock-functions/runtime/object-store'

/** Bytes that a function answers itself. Clients get a larger object from S3, by a redirect that they follow. */
const MAX_DIRECT_BYTES = 4_000_000

/** Answers with an object. @throws BedrockError ResourceNotFoundException */
export async function download(store: ObjectStore, location: S3Location): Promise<RestReply> {
  const head = await store.head(location)
  if (!head) throw new BedrockError('ResourceNotFoundException', 'The file does not exist.')
  if (head.size > MAX_DIRECT_BYTES) {
    return { statusCode: 302, headers: { location: await signDownload(store, location) }, body: new Uint8Array() }
  }
  const stored = await store.get(location)
  return {
    statusCode: 200,
    headers: { 'content-type': head.contentType ?? 'application/octet-stream' },
    body: stored?.body ?? new Uint8Array(),
  }
}
