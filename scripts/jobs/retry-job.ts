import type { ObjectStore } from '../../layers/runtime/src/core/object-store.ts'
import type { JobInput } from '../../layers/runtime/src/jobs/documents.ts'
import { PREFIXES } from '../../layers/runtime/src/jobs/layout.ts'
import type { Job } from '../../layers/runtime/src/jobs/read-job.ts'
import { type JobOrder, startJob } from '../../layers/runtime/src/jobs/start-job.ts'
import { JobsCommandError } from './command-line.ts'

/**
 * Starts a failed job again, as a new job of the same caller: the end of a job never changes, and its caller may have read it.
 * The new job's token is made of the old id, so that a repeated retry finds the same new job.
 *
 * @returns the id of the new job
 * @throws JobsCommandError for a job that has not failed, or that Bedrock runs
 */
export async function retryJob({ request, end }: Job, store: ObjectStore): Promise<string> {
  const { id, caller, kind, modelId, input, headers, output, activity, outbox, requestHash } = request
  if (end?.status !== 'Failed') {
    throw new JobsCommandError(
      end ? `The job ${id} is ${end.status}, not Failed.` : `The job ${id} has not ended. The sweep continues it.`,
    )
  }
  if (kind === 'bedrock' || !input) {
    throw new JobsCommandError(`Bedrock itself ran the job ${id}. Only its caller can start it again.`)
  }
  const order: JobOrder = {
    caller,
    kind,
    modelId,
    input: await readInput(input, store),
    output,
    requestHash,
    clientRequestToken: `retry-${id}`,
    ...(headers && { headers }),
    ...(activity !== undefined && { activity }),
    ...(outbox && { outbox }),
  }
  return (await startJob(order, { store, configuration: { arnPrefix: '' } })).id
}

/** Reads an input that belongs to the old job, which expires earlier than the new one. Objects of the caller stay where they are. */
async function readInput(input: JobInput, store: ObjectStore): Promise<JobOrder['input']> {
  if ('text' in input) return Buffer.from(input.text)
  const { bucket, key } = input.object
  if (bucket !== store.bucket || !key.startsWith(PREFIXES.jobs)) return input
  const stored = await store.get(input.object)
  if (!stored) throw new JobsCommandError(`The input s3://${bucket}/${key} does not exist any more.`)
  return stored.body
}
