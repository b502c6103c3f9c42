import '@bedrock-functions/runtime/preload/run-job'
import { createBedrock } from '@bedrock-functions/runtime/bedrock'
import {
  BedrockError,
  type Facts,
  readConfiguration,
  readJobsConfiguration,
  requireJobs,
} from '@bedrock-functions/runtime/core'
import { type CallRecord, deferSpan, logger, recordCall, traceCall } from '@bedrock-functions/runtime/core/logging'
import { createDeferredWork } from '@bedrock-functions/runtime/http'
import { parseJobKey } from '@bedrock-functions/runtime/jobs'
import {
  createEventSender,
  recordJobActivity,
  runJob,
  type WorkerOutcome,
} from '@bedrock-functions/runtime/jobs/worker'
import { createObjectStore } from '@bedrock-functions/runtime/object-store'
import { createStoreLoader, readPipeline, readStorageOptions } from '@bedrock-functions/runtime/pipeline'
import type { Context } from 'aws-lambda'

const configuration = readConfiguration(process.env)
const jobs = requireJobs(readJobsConfiguration(process.env))
const dependencies = {
  configuration: jobs,
  pipeline: readPipeline(process.env, configuration, createBedrock(configuration)),
  store: createObjectStore(jobs.bucket),
  events: createEventSender(jobs.eventBusName),
}
const { activityLog } = readStorageOptions(process.env)
const loadStore = createStoreLoader(jobs.bucket)

/** Time that deferred work leaves at the end of an invocation. */
const RESERVE_MS = 500

/** Part that S3's event about a job's request and the sweep's event have in common. */
interface JobDue {
  readonly detail?: { readonly bucket?: { readonly name?: string }; readonly object?: { readonly key?: string } }
}

/** Worker of jobs: runs one job when its request is written, or when the sweep finds it due. */
export async function handler(event: JobDue, context: Context): Promise<Pick<WorkerOutcome, 'outcome'>> {
  const started = performance.now()
  logger.addContext(context)
  const { bucket, object } = event.detail ?? {}
  const name = parseJobKey(object?.key ?? '')
  if (name?.file !== 'request.json' || bucket?.name !== jobs.bucket) {
    throw new BedrockError('ValidationException', 'The event does not name the request of a job of this stack.')
  }
  let result: WorkerOutcome = { outcome: 'skipped' }
  const calls: Facts = {}
  await traceCall(
    'RunJob',
    async () => {
      const invocation = {
        requestId: context.awsRequestId,
        remainingMs: () => context.getRemainingTimeInMillis(),
        facts: calls,
      }
      result = await runJob(name, invocation, dependencies)
    },
    () => ({ jobId: name.id, outcome: result.outcome }),
  )
  const { outcome, request, attempts, failure, usage, estimatedCost } = result
  const record: CallRecord = {
    operation: 'RunJob',
    statusCode: failure?.statusCode ?? 200,
    durationMs: performance.now() - started,
    facts: {
      ...calls,
      jobId: name.id,
      outcome,
      ...(request && { modelId: request.modelId, kind: request.kind, caller: request.caller }),
      ...(attempts !== undefined && { attempts }),
      ...usage,
      ...(typeof estimatedCost?.usd === 'number' && { estimatedCostUsd: estimatedCost.usd }),
    },
    ...(failure && { errorType: failure.type }),
  }
  recordCall(record)
  const { defer, settle } = createDeferredWork()
  deferSpan(record, defer)
  recordJobActivity(result, { mode: activityLog, loadStore, defer })
  await settle(context.getRemainingTimeInMillis() - RESERVE_MS)
  return { outcome }
}
