import type { JobsConfiguration } from '../core/configuration.ts'
import { logger } from '../core/logging.ts'
import type { ObjectStore } from '../core/object-store.ts'
import type { EventSender } from '../jobs/event-sender.ts'
import { readDocument } from '../jobs/read-job.ts'
import type { BatchEnd, BatchRequest } from './batch.ts'
import { arnOfBatch } from './describe-batch.ts'
import { batchKey, openBatchKey } from './layout.ts'

export interface EndDependencies {
  readonly store: ObjectStore
  readonly events: EventSender
  readonly configuration: Pick<JobsConfiguration, 'arnPrefix' | 'logErrorMessages'>
}

/** Limit of a message. Source: the service model of bedrock 2023-04-20, Message. */
const MAX_MESSAGE_CHARACTERS = 2048

/**
 * Records the end of a batch and sends its events. The first recorded end is final. After a crash the events are sent again,
 * with the same `eventId`.
 */
export async function endBatch(
  request: BatchRequest,
  end: Omit<BatchEnd, 'endTime'>,
  dependencies: EndDependencies,
): Promise<void> {
  const { store, events } = dependencies
  const location = { bucket: store.bucket, key: batchKey(request, 'end.json') }
  const message = end.message?.slice(0, MAX_MESSAGE_CHARACTERS)
  const own: BatchEnd = { ...end, endTime: new Date().toISOString(), ...(message !== undefined && { message }) }
  const written = await store.putNew(location, JSON.stringify(own))
  const recorded = written ? own : ((await readDocument<BatchEnd>(store, location.key))?.document ?? own)
  if (written) logEnd(request, recorded, dependencies)
  await events.send(describeEvents(request, recorded, dependencies))
  await store.delete({ bucket: store.bucket, key: openBatchKey(request) })
}

function logEnd(request: BatchRequest, end: BatchEnd, { configuration }: EndDependencies): void {
  const { id, caller, modelId } = request
  const { status, counts, estimatedCost, message } = end
  logger.info('batch ended', {
    batchId: id,
    caller,
    modelId,
    status,
    ...counts,
    ...(typeof estimatedCost?.usd === 'number' && { estimatedCostUsd: estimatedCost.usd }),
    // The message of a wrong input may quote it.
    ...(message !== undefined && configuration.logErrorMessages && { errorMessage: message }),
  })
}

/** Form of the times of Bedrock's events: "Nov 21, 2026, 12:00:00 PM". */
const CREATION_TIME = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' })

/** The suite's event, and the one that Bedrock sends of its own batch jobs. */
function describeEvents(request: BatchRequest, end: BatchEnd, { configuration, store }: EndDependencies) {
  const { arnPrefix } = configuration
  const jobArn = arnOfBatch(request, arnPrefix)
  const accountId = arnPrefix.split(':')[4] ?? ''
  const { status, message, counts, usage, estimatedCost, endTime } = end
  const shared = { version: '0.0', accountId, status, ...(message !== undefined && { failureMessage: message }) }
  return [
    {
      detailType: 'Inference Job State Change' as const,
      resources: [jobArn],
      detail: {
        ...shared,
        eventId: `${request.id}-${status}`,
        bucket: store.bucket,
        jobArn,
        jobName: request.jobName,
        modelId: request.modelId,
        creationTime: request.submitTime,
        endTime,
        outputDataConfig: { s3OutputDataConfig: request.output },
        ...counts,
        ...(usage && { usage }),
        ...(estimatedCost && { estimatedCost }),
      },
    },
    {
      detailType: 'Batch Inference Job State Change' as const,
      resources: [jobArn],
      detail: {
        ...shared,
        batchJobName: request.jobName,
        batchJobArn: jobArn,
        batchModelId: request.askedModelId,
        // Node has a narrow space before AM and PM, where Bedrock has a plain one.
        creationTime: CREATION_TIME.format(new Date(request.submitTime)).replaceAll('\u202f', ' '),
      },
    },
  ]
}
