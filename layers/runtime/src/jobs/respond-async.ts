import { admitModel, passedOn } from '../bedrock/to-bedrock-request.ts'
import type { Configuration, JobsConfiguration } from '../core/configuration.ts'
import { RestError, type RestReply } from '../core/errors.ts'
import type { ObjectStore } from '../core/object-store.ts'
import type { Call } from '../http/route.ts'
import { ACTIVITY_HEADER, readActivityWish } from '../pipeline/activity/activity-log.ts'
import { AUTO_CACHE_HEADER } from '../pipeline/content/content-stage.ts'
import { costHeaders } from '../pipeline/cost/cost-headers.ts'
import type { JobEnd } from './documents.ts'
import type { JobOrder } from './start-job.ts'

export interface JobDependencies {
  readonly configuration: Configuration
  readonly jobs: JobsConfiguration
}

/** What a caller prefers. Source: RFC 7240, sections 4.1 (respond-async) and 4.3 (wait). */
interface AsyncPreference {
  /** Milliseconds that the caller is ready to wait for the answer. */
  readonly waitMs: number
}

export function readPreference(prefer: string | undefined): AsyncPreference | undefined {
  const preferences = (prefer ?? '').split(/[,;]/).map((preference) => preference.trim().toLowerCase())
  if (!preferences.includes('respond-async')) return undefined
  const wait = preferences.map((preference) => /^wait\s*=\s*"?(\d+)"?$/.exec(preference)?.[1]).find(Boolean)
  return { waitMs: 1000 * Number(wait ?? 0) }
}

/** API Gateway gives a connection up after five minutes without a byte. */
const LONGEST_WAIT_MS = 280_000

let store: ObjectStore | undefined

/**
 * Starts the same request as a job and waits for its end as long as the caller likes: 200 with the answer, or its failure;
 * 202 with the job's ARN when it takes longer. The model is called once in either case, by the job.
 *
 * A client that repeats its call, as SDKs do, says so in `idempotency-key` or `amz-sdk-invocation-id`, and finds its job.
 */
export async function respondAsync(
  { request, labels, signal, facts }: Call,
  kind: Exclude<JobOrder['kind'], 'bedrock'>,
  { waitMs }: AsyncPreference,
  { configuration, jobs }: JobDependencies,
): Promise<RestReply> {
  // Loaded by who prefers it: all others would pay for the S3 client at their cold start.
  const [{ awaitEnd }, { callerOf }, { createObjectStore }, { ownerOf }, { startJob }] = await Promise.all([
    import('./await-job.ts'),
    import('./caller-of.ts'),
    import('../core/object-store.ts'),
    import('./layout.ts'),
    import('./start-job.ts'),
  ])
  store ??= createObjectStore(jobs.bucket)
  const { modelId = '' } = labels
  admitModel(modelId, configuration)
  facts.modelId = modelId
  const caller = callerOf(request, jobs)
  const autoCache = request.headers[AUTO_CACHE_HEADER]
  const { accept: _, ...bedrocks } = passedOn(request.headers)
  const headers = { ...bedrocks, ...(autoCache !== undefined && { [AUTO_CACHE_HEADER]: autoCache }) }
  const token = request.headers['idempotency-key'] ?? request.headers['amz-sdk-invocation-id']
  const { id, invocationArn } = await startJob(
    {
      caller,
      kind,
      modelId,
      input: request.body,
      headers,
      activity: readActivityWish(request.headers[ACTIVITY_HEADER]),
      ...(token !== undefined && { clientRequestToken: token }),
      identity: { kind, modelId, headers, body: Buffer.from(request.body).toString('base64') },
    },
    { store, configuration: jobs },
  )
  facts.jobId = id
  const end = await awaitEnd(store, { owner: ownerOf(caller), id }, Math.min(waitMs, LONGEST_WAIT_MS), signal)
  return end ? answerWithEnd(end, invocationArn, store) : answerWithJob(invocationArn)
}

async function answerWithEnd(end: JobEnd, invocationArn: string, store: ObjectStore): Promise<RestReply> {
  const applied = { 'preference-applied': 'respond-async', 'x-bedrock-functions-invocation-arn': invocationArn }
  const { failure, outputs, contentType = 'application/json', estimatedCost } = end
  if (failure) throw new RestError(failure.type, failure.statusCode, failure.message, { headers: applied })
  const stored = await store.get({ bucket: store.bucket, key: outputs[0] ?? '' })
  if (!stored) throw new Error("a job's output is not there")
  const headers = { 'content-type': contentType, ...applied, ...(estimatedCost && costHeaders(estimatedCost)) }
  return { statusCode: 200, headers, body: stored.body }
}

function answerWithJob(invocationArn: string): RestReply {
  return {
    statusCode: 202,
    headers: {
      'content-type': 'application/json',
      'preference-applied': 'respond-async',
      // From /model/{modelId}/converse, whatever stage or base path stands before.
      location: `../../async-invoke/${encodeURIComponent(invocationArn)}`,
    },
    body: Buffer.from(JSON.stringify({ invocationArn, status: 'InProgress' })),
  }
}
