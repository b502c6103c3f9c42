import '../core/index.ts'
import type { JobsConfiguration } from '../core/configuration.ts'
import { RestError, type RestReply } from '../core/errors.ts'
import { callerOf, ownerOf } from '../core/identity.ts'
import type { Facts, ModelCall } from '../core/model-call.ts'
import type { ObjectStore } from '../core/object-store.ts'
import type { StoreLoader } from '../core/store-loader.ts'
import type { AsyncPreference } from '../http/deadline.ts'
import type { FunctionRequest } from '../http/route.ts'
import { hashJson } from '../json/hash-json.ts'
import { ACTIVITY_HEADER, readActivityChoice } from '../pipeline/activity/activity-log.ts'
import { costHeaders } from '../pipeline/cost/estimate-cost.ts'
import type { JobEnd } from './documents.ts'

/** Longest wait: API Gateway closes a connection after five minutes without a byte. */
const MAX_WAIT_MS = 280_000

export interface RespondAsyncOptions {
  readonly preference: AsyncPreference
  /** Source of the request, which decides who owns the job of an unauthenticated caller. */
  readonly source: FunctionRequest['source']
  readonly signal: AbortSignal
  readonly facts: Facts
  readonly jobs: JobsConfiguration
  readonly loadStore: StoreLoader
}

/**
 * Starts a call as a job, and waits for its end as long as the caller prefers. Returns 200 with the answer, or 202 with the
 * job's ARN if it takes longer. Only the job calls the model.
 *
 * Clients that retry, such as SDKs, send the same `idempotency-key` or `amz-sdk-invocation-id`, and get the same job.
 *
 * @param call call of Converse or InvokeModel, with its resolved and allowed model
 * @throws RestError for a job that failed, or that cannot be started
 */
export async function respondAsync(call: ModelCall, options: RespondAsyncOptions): Promise<RestReply> {
  const { preference, source, signal, facts, jobs, loadStore } = options
  const caller = callerOf({ caller: call.caller, source }, jobs)
  // Only requests with this preference load the S3 client.
  const [store, { headersOfJob, startJob }, { awaitEnd }] = await Promise.all([
    loadStore(),
    import('./start-job.ts'),
    import('./read-job.ts'),
  ])
  const { modelId, body } = call
  const kind = call.operation === 'Converse' ? 'converse' : 'invoke'
  const headers = headersOfJob(call.headers)
  const token = call.headers['idempotency-key'] ?? call.headers['amz-sdk-invocation-id']
  const { id, invocationArn } = await startJob(
    {
      caller,
      kind,
      modelId,
      input: body,
      headers,
      activity: readActivityChoice(call.headers[ACTIVITY_HEADER]),
      ...(token !== undefined && { clientRequestToken: token }),
      requestHash: hashJson(JSON.stringify([kind, modelId, headers]), body),
    },
    { store, configuration: jobs },
  )
  facts.jobId = id
  const end = await awaitEnd(store, { owner: ownerOf(caller), id }, Math.min(preference.waitMs, MAX_WAIT_MS), signal)
  return end ? answerWithEnd(end, invocationArn, store) : answerWithJob(invocationArn)
}

async function answerWithEnd(end: JobEnd, invocationArn: string, store: ObjectStore): Promise<RestReply> {
  const applied = { 'preference-applied': 'respond-async', 'x-bedrock-functions-invocation-arn': invocationArn }
  const { failure, outputs, contentType = 'application/json', estimatedCost } = end
  if (failure) throw new RestError(failure.type, failure.statusCode, failure.message, { headers: applied })
  const stored = await store.get({ bucket: store.bucket, key: outputs[0] ?? '' })
  if (!stored) throw new Error('the output of a job is missing')
  const headers = { 'content-type': contentType, ...applied, ...(estimatedCost && costHeaders(estimatedCost)) }
  return { statusCode: 200, headers, body: stored.body }
}

function answerWithJob(invocationArn: string): RestReply {
  return {
    statusCode: 202,
    headers: {
      'content-type': 'application/json',
      'preference-applied': 'respond-async',
      // Relative to /model/{modelId}/converse, so that it is right for every stage and base path.
      location: `../../async-invoke/${encodeURIComponent(invocationArn)}`,
    },
    body: Buffer.from(JSON.stringify({ invocationArn, status: 'InProgress' })),
  }
}

/** Starts the job of a response that is made in the background. Returns its id. */
export async function startResponseJob(
  { modelId, body, headers, caller }: Pick<ModelCall, 'modelId' | 'body' | 'headers'> & { readonly caller: string },
  loadStore: StoreLoader,
  configuration: JobsConfiguration,
): Promise<string> {
  const [store, { headersOfJob, startJob }] = await Promise.all([loadStore(), import('./start-job.ts')])
  const kept = headersOfJob(headers)
  const requestHash = hashJson(JSON.stringify(['converse', modelId, kept]), body)
  const order = { caller, kind: 'converse' as const, modelId, input: body, headers: kept, requestHash }
  return (await startJob(order, { store, configuration })).id
}

/** Loads the ends of responses that are made in the background. Few requests need them. */
export function loadBackgroundResponses(): Promise<typeof import('./background-responses.ts')> {
  return import('./background-responses.ts')
}
