import { BedrockError } from '../core/errors.ts'
import type { ObjectStore } from '../core/object-store.ts'
import { type Batch, statusOfBatch } from './describe-batch.ts'
import { markStopped } from './pace.ts'
import { kindOfBatch } from './read-batch.ts'

/**
 * Stops a batch. Its workers end after the record that they answer, and what is answered is joined into its output.
 *
 * @throws BedrockError ConflictException for a batch that has ended or is stopping
 */
export async function stopBatch(batch: Batch, store: ObjectStore): Promise<void> {
  const status = statusOfBatch(batch)
  if (batch.end || status === 'Stopping') {
    throw new BedrockError(
      'ConflictException',
      `The ${kindOfBatch(batch.request.format)} is ${status}, so it cannot be stopped.`,
    )
  }
  await markStopped(store, batch.request)
}
