import { randomUUID } from 'node:crypto'
import type { JobsConfiguration } from '../core/configuration.ts'
import { logger } from '../core/logging.ts'
import type { ObjectStore } from '../core/object-store.ts'
import { parseS3Folder } from '../core/s3-uri.ts'
import { deliverToOutbox } from './deliver-to-outbox.ts'
import type { JobEnd, JobFailure, JobRequest } from './documents.ts'
import type { EventSender } from './event-sender.ts'
import { jobKey, OUTPUT_FILE, openKey } from './layout.ts'
import { arnOf, type Job, readJobFile } from './read-job.ts'

export interface FinishDependencies {
  readonly store: ObjectStore
  readonly events: EventSender
  readonly configuration: JobsConfiguration
}

/**
 * Records a job's end and announces it. The first recorded end is final.
 *
 * @returns the recorded end. If another invocation recorded one first, it is that end, which that invocation announces.
 */
export async function finishJob(request: JobRequest, end: JobEnd, dependencies: FinishDependencies): Promise<JobEnd> {
  const { store } = dependencies
  const key = jobKey(request, 'end.json')
  const body = JSON.stringify({ ...end, writer: randomUUID() } satisfies JobEnd)
  if (!(await store.putNew({ bucket: store.bucket, key }, body))) {
    const first = await readJobFile<JobEnd>(store, request, 'end.json')
    // The same text means that the SDK retried this write.
    if (first && JSON.stringify(first.document) !== body) return first.document
  }
  logFailure(request, end, dependencies)
  await announceEnd({ request, end }, dependencies)
  return end
}

/** Writes a log line about a failed job. The message of the failure is left out unless the operator allows it. */
function logFailure(request: JobRequest, { failure, attempts }: JobEnd, dependencies: FinishDependencies): void {
  if (!failure) return
  const { store, configuration } = dependencies
  const { type: errorType, statusCode, retryable, message } = failure
  logger.warn('job failed', {
    jobId: request.id,
    caller: request.caller,
    modelId: request.modelId,
    errorType,
    statusCode,
    retryable,
    attempts,
    end: `s3://${store.bucket}/${jobKey(request, 'end.json')}`,
    ...(configuration.logErrorMessages && { errorMessage: message }),
  })
}

/**
 * Announces a job's end: writes the answer under outbox/ if the job has one, sends the event, and marks both as done. After a
 * crash all steps are repeated, with the same event id.
 */
export async function announceEnd({ request, end }: Required<Job>, dependencies: FinishDependencies): Promise<void> {
  if (!end) return
  const { store, events, configuration } = dependencies
  await deliverToOutbox({ request, end }, store)
  await events.send([
    {
      detailType: 'Inference Job State Change',
      resources: [arnOf(request, configuration.arnPrefix)],
      detail: describeEnd(request, end, configuration),
    },
  ])
  await store.put({ bucket: store.bucket, key: jobKey(request, `end.${end.status}`) }, '')
  await store.delete({ bucket: store.bucket, key: openKey(request) })
}

/**
 * Makes the detail of the event, like that of Bedrock's "Batch Inference Job State Change", with ISO times. `eventId` is the
 * same in each repetition.
 */
function describeEnd(request: JobRequest, end: JobEnd, { arnPrefix, bucket }: JobsConfiguration) {
  const accountId = arnPrefix.split(':')[4] ?? ''
  const { clientRequestToken, outbox } = request
  return {
    version: '0.0',
    eventId: `${request.id}-${end.status}`,
    accountId,
    bucket,
    jobArn: arnOf(request, arnPrefix),
    modelId: request.modelId,
    status: end.status,
    ...(end.failure && {
      failureType: end.failure.type,
      failureMessage: end.failure.message.slice(0, MAX_MESSAGE_LENGTH),
      retryable: end.failure.retryable,
    }),
    ...(clientRequestToken !== undefined && { clientRequestToken }),
    ...(outbox && { inboxKey: outbox.inboxKey, outboxKey: outbox.key }),
    creationTime: request.submitTime,
    endTime: end.endTime,
    attempts: end.attempts,
    outputDataConfig: { s3OutputDataConfig: request.output },
    ...(end.usage && { usage: end.usage }),
    ...(end.estimatedCost && { estimatedCost: end.estimatedCost }),
  }
}

/** Limit of a message in an event, in characters. EventBridge's limit is 256 KB for a whole event. */
const MAX_MESSAGE_LENGTH = 2048

export function failedEnd(failure: JobFailure, attempts: number): JobEnd {
  return { status: 'Failed', endTime: new Date().toISOString(), failure, outputs: [], attempts }
}

/** Returns the location of a file of a job's output. `output.json` is written only once. */
export function outputLocation({ id, output }: JobRequest, file: string = OUTPUT_FILE) {
  const { bucket, key } = parseS3Folder(output.s3Uri)
  return { bucket, key: `${key}${id}/${file}` }
}
