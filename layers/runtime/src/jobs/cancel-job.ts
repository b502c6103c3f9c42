import { randomUUID } from 'node:crypto'
import type { ObjectStore } from '../core/object-store.ts'
import type { JobEnd } from './documents.ts'
import { type JobName, jobKey } from './layout.ts'

/** Error type of a job that its caller cancelled. */
export const CANCELLED = 'Cancelled'

/**
 * Ends a job before its worker does. The first recorded end is final, so the worker's answer is dropped. A call of the model
 * that runs is charged.
 *
 * @returns false if the job had ended
 */
export async function cancelJob(store: ObjectStore, name: JobName): Promise<boolean> {
  const end: JobEnd = {
    status: 'Failed',
    endTime: new Date().toISOString(),
    failure: { type: CANCELLED, message: 'The caller cancelled the job.', statusCode: 409, retryable: false },
    outputs: [],
    attempts: 0,
    writer: randomUUID(),
  }
  return (
    (await store.putNew({ bucket: store.bucket, key: jobKey(name, 'end.json') }, JSON.stringify(end))) !== undefined
  )
}
