import { createBatch, DEFAULT_TIMEOUT_HOURS, sniffInput } from '@bedrock-functions/runtime/batches'
import type { Facts } from '@bedrock-functions/runtime/core'
import { PREFIXES } from '@bedrock-functions/runtime/jobs/start'
import { assertModelAllowed } from '@bedrock-functions/runtime/models'
import type { StartDependencies } from '../routes.ts'
import type { DroppedObject } from './read-triggers.ts'

const INBOX = `${PREFIXES.inbox}batch/`
const ENDING = '.jsonl'

/** True for a file of records under inbox/batch/. */
export function isDroppedBatch({ key }: Pick<DroppedObject, 'key'>): boolean {
  return key.startsWith(INBOX) && key.endsWith(ENDING)
}

/**
 * Starts a batch of a dropped file. Its answers go to `outbox/batch/<name>/<id>/`. The metadata `model` of the object names the
 * model of native and Converse records; by default it is that of the parameter DefaultModelId.
 *
 * @param token the same for the same version of the object
 */
export async function startDroppedBatch(
  { bucket, key, versionId }: DroppedObject,
  token: string,
  facts: Facts,
  { jobs, store, resolveModelId, allowedModels }: StartDependencies,
): Promise<void> {
  const input = { bucket, key }
  const head = await store.head(input, versionId)
  // Deleted since: nobody waits for an answer.
  if (!head) return
  const { format, type } = await sniffInput(store, input, versionId)
  const askedModelId = format ? '' : (head.metadata.model ?? jobs.defaultModelId)
  const modelId = format ? '' : resolveModelId(askedModelId)
  if (!format) assertModelAllowed(modelId, allowedModels)
  const s3Uri = `s3://${bucket}/${PREFIXES.outbox}batch/${key.slice(INBOX.length, -ENDING.length)}`
  const { id } = await createBatch(
    {
      caller: jobs.eventCaller,
      jobName: 'inbox',
      askedModelId,
      modelId,
      type,
      ...(format && { format }),
      ...(format === 'anthropic' && { headers: { 'anthropic-version': '2023-06-01' } }),
      input,
      inputDataConfig: { s3InputDataConfig: { s3Uri: `s3://${bucket}/${key}` } },
      outputDataConfig: { s3OutputDataConfig: { s3Uri } },
      output: { s3Uri },
      timeoutHours: DEFAULT_TIMEOUT_HOURS,
      clientRequestToken: token,
      requestHash: token,
    },
    store,
  )
  facts.batchId = id
}
