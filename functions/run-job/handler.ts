import { createBedrock } from '@bedrock-functions/runtime/bedrock'
import { readConfiguration, readJobsConfiguration, requireJobs } from '@bedrock-functions/runtime/core'
import { logger, recordCall, traceCall } from '@bedrock-functions/runtime/core/logging'
import { createAfterwards } from '@bedrock-functions/runtime/http'
import { parseJobKey } from '@bedrock-functions/runtime/jobs'
import { createEventSender, runJob, type WorkerOutcome } from '@bedrock-functions/runtime/jobs/worker'
import { createObjectStore } from '@bedrock-functions/runtime/object-store'
import {
  createCostMeter,
  createMemory,
  createPriceBook,
  readCallPipeline,
  readMemoryConfiguration,
} from '@bedrock-functions/runtime/pipeline'
import type { Context } from 'aws-lambda'

const configuration = readConfiguration(process.env)
const jobs = requireJobs(readJobsConfiguration(process.env))
/** Short of Lambda's 15 minutes by what recording the end takes. */
const LONGEST_SILENCE_MS = 880_000
const dependencies = {
  configuration: jobs,
  // A job has all of the worker's time, also until its stream's first event.
  bedrock: createBedrock({ ...configuration, streamSilenceLimitMs: LONGEST_SILENCE_MS }),
  pipeline: readCallPipeline(process.env, configuration),
  meter: createCostMeter(createPriceBook({ region: process.env.AWS_REGION })),
  store: createObjectStore(jobs.bucket),
  events: createEventSender(jobs.eventBusName),
}

const { activityLog } = createMemory(readMemoryConfiguration(process.env))

/** What S3's event about a job's request and the sweep's own event have in common. */
interface JobDue {
  readonly detail?: { readonly bucket?: { readonly name?: string }; readonly object?: { readonly key?: string } }
}

/** The worker: one job for each event that its request was written, or that it is due. Tells what became of it. */
export async function handler(event: JobDue, context: Context): Promise<Pick<WorkerOutcome, 'outcome'>> {
  const started = performance.now()
  logger.addContext(context)
  const { bucket, object } = event.detail ?? {}
  const name = parseJobKey(object?.key ?? '')
  if (name?.file !== 'request.json' || bucket?.name !== jobs.bucket) {
    throw new Error('the event names no request of a job of this stack')
  }
  let result: WorkerOutcome = { outcome: 'skipped' }
  await traceCall(
    'RunJob',
    async () => {
      const { awsRequestId: requestId } = context
      result = await runJob(name, { requestId, remainingMs: () => context.getRemainingTimeInMillis() }, dependencies)
    },
    () => ({ jobId: name.id, outcome: result.outcome }),
  )
  const { outcome, request, attempts, failure, usage, estimatedCost } = result
  recordCall({
    operation: 'RunJob',
    statusCode: failure?.statusCode ?? 200,
    durationMs: performance.now() - started,
    facts: {
      jobId: name.id,
      outcome,
      ...(request && { modelId: request.modelId, caller: request.caller }),
      ...(attempts !== undefined && { attempts }),
      ...usage,
      ...(typeof estimatedCost?.usd === 'number' && { estimatedCostUsd: estimatedCost.usd }),
    },
    ...(failure && { errorType: failure.type }),
  })
  const { afterwards, settle } = createAfterwards()
  activityLog.recordJob(result, request?.activity, afterwards)
  await settle(context.getRemainingTimeInMillis() - 500)
  return { outcome }
}
