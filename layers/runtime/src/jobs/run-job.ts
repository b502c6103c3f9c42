import { setTimeout as wait } from 'node:timers/promises'
import { BudgetError } from '../core/budget-error.ts'
import { BedrockError, describeRequestId, RestError } from '../core/errors.ts'
import { timeOfJobId } from '../core/job-id.ts'
import type { Facts, Usage } from '../core/model-call.ts'
import { type ObjectStore, refusalOf } from '../core/object-store.ts'
import type { S3Location } from '../core/s3-uri.ts'
import type { EstimatedCost } from '../pipeline/cost/estimate-cost.ts'
import type { JobAnswer, JobCall, Pipeline } from '../pipeline/pipeline.ts'
import type { JobEnd, JobFailure, JobInput, JobRequest } from './documents.ts'
import { type FinishDependencies, failedEnd, finishJob, outputLocation } from './finish-job.ts'
import { type JobName, MANIFEST_FILE } from './layout.ts'
import { type HeldLease, takeLease } from './lease.ts'
import { readJob } from './read-job.ts'

export interface WorkerDependencies extends FinishDependencies {
  readonly pipeline: Pick<Pipeline, 'answerJob'>
  /** Returns the pause before a quick repetition, in milliseconds, by its number; by default 0.5 to 2.5 s. */
  readonly quickPauseMs?: (repetition: number) => number
}

export interface WorkerInvocation {
  /** Lambda's request id of the invocation. */
  readonly requestId: string
  readonly remainingMs: () => number
  /** Facts about the model's call, for the log. The worker adds to them. */
  readonly facts: Facts
}

/** Outcome of one invocation of the worker. */
export interface WorkerOutcome {
  readonly outcome: 'Completed' | 'Failed' | 'released' | 'skipped'
  readonly request?: JobRequest
  readonly attempts?: number
  readonly usage?: Usage
  readonly estimatedCost?: EstimatedCost
  readonly failure?: JobFailure
}

/** Time reserved at the end of an invocation to record the job's end; at most a tenth of the remaining time. */
const RECORDING_MS = 15_000

/** Tries in one invocation before the job is released. Lambda charges for pauses, and short ones cost little. */
const QUICK_TRIES = 3
const MAX_PAUSE_MS = 5 * 60_000
const FIRST_PAUSE_MS = 20_000

/**
 * Runs a job, unless it has ended or another worker holds it: takes its lease, calls the model, writes the output, and records
 * and announces the end. Repeated and concurrent calls for one job call the model only once.
 *
 * @throws if S3 or EventBridge fails. Lambda's retries or the sweep then call the worker again.
 */
export async function runJob(
  name: JobName,
  { requestId, remainingMs, facts }: WorkerInvocation,
  dependencies: WorkerDependencies,
): Promise<WorkerOutcome> {
  const { store } = dependencies
  const job = await readJob(store, name)
  if (!job || job.end || job.request.kind === 'bedrock') return { outcome: 'skipped' }
  const { request } = job
  const now = Date.now()
  const lease = await takeLease(store, name, { holder: requestId, until: now + remainingMs(), now })
  if (!lease.held) {
    if (!lease.lost) return { outcome: 'skipped' }
    return toOutcome(request, await finishLostJob(request, lease.attempts, dependencies))
  }
  // Before the first try there can be no output.
  const earlier = lease.held.attempt > 1 && (await adoptOutput(request, lease.held.attempt, store))
  if (earlier) return toOutcome(request, await finishJob(request, earlier, dependencies))
  const end = await tryJob(request, lease.held, { remainingMs, facts }, dependencies)
  if (end === 'released') return { outcome: 'released', request, attempts: lease.held.attempt }
  if (end === 'taken over') return { outcome: 'skipped' }
  return toOutcome(request, await finishJob(request, end, dependencies))
}

/**
 * Ends a job whose worker used all its time and recorded no end. If it wrote an output, that is the answer. Otherwise the job
 * fails, since another try would take as long and be charged again.
 *
 * @returns the recorded end
 */
export async function finishLostJob(
  request: JobRequest,
  attempts: number,
  dependencies: FinishDependencies,
): Promise<JobEnd> {
  const end = await adoptOutput(request, attempts, dependencies.store)
  return finishJob(request, end ?? failedEnd(WORKER_LOST, attempts), dependencies)
}

/** Failure of a job whose worker Lambda ended at its time limit. */
const WORKER_LOST: JobFailure = {
  type: 'ModelTimeoutException',
  message: 'The job did not end within the time limit of its worker.',
  statusCode: 408,
  retryable: true,
}

function toOutcome(request: JobRequest, { status, attempts, usage, estimatedCost, failure }: JobEnd): WorkerOutcome {
  return {
    outcome: status,
    request,
    attempts,
    ...(usage && { usage }),
    ...(estimatedCost && { estimatedCost }),
    ...(failure && { failure }),
  }
}

async function tryJob(
  request: JobRequest,
  lease: HeldLease,
  { remainingMs, facts }: Pick<WorkerInvocation, 'remainingMs' | 'facts'>,
  { store, pipeline, configuration, quickPauseMs = defaultQuickPause }: WorkerDependencies,
): Promise<JobEnd | 'released' | 'taken over'> {
  const callMs = () => remainingMs() - Math.min(RECORDING_MS, remainingMs() / 10)
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(TIME_IS_UP), callMs())
  try {
    const body = await readInput(request.input, store)
    await checkLocation(request, store)
    for (let repetition = 1; ; repetition += 1) {
      try {
        const answer = await pipeline.answerJob(toJobCall(request, body), { signal: deadline.signal, facts })
        return await writeOutput(request, lease, answer, store)
      } catch (error) {
        const failure = toFailure(error)
        if (error instanceof RestError) Object.assign(facts, describeRequestId(error))
        const age = Date.now() - timeOfJobId(request.id)
        const isLast = lease.attempt >= configuration.maxAttempts || age >= configuration.maxAgeMs
        if (!failure.retryable || isLast || deadline.signal.aborted) return failedEnd(failure, lease.attempt)
        const pause = quickPauseMs(repetition)
        if (repetition >= QUICK_TRIES || pause > callMs()) {
          await lease.release(Date.now() + longPause(lease.attempt))
          return 'released'
        }
        await wait(pause)
        if (!(await lease.beginAttempt())) return 'taken over'
      }
    }
  } catch (error) {
    // A fault of the request would occur again in the next try.
    if (error instanceof RestError && error.statusCode < 500) return failedEnd(toFailure(error), lease.attempt)
    throw error
  } finally {
    clearTimeout(timer)
  }
}

function toJobCall({ kind, modelId, headers = {}, caller }: JobRequest, body: Uint8Array): JobCall {
  return { kind: kind === 'converse' ? kind : 'invoke', modelId, headers, caller, body }
}

const TIME_IS_UP = new BedrockError(
  'ModelTimeoutException',
  "The model did not answer in time: the limit is the worker's own, 15 minutes at most.",
)

/** Errors after which the same request may succeed: throttling, server errors and broken streams. */
const RETRYABLE = new Set([
  'ThrottlingException',
  'ModelNotReadyException',
  'InternalServerException',
  'ServiceUnavailableException',
  'ModelStreamErrorException',
])

function toFailure(error: unknown): JobFailure {
  if (!(error instanceof RestError)) throw error
  const { name, message, statusCode } = error
  // A budget begins anew at the next day or month, which is later than jobs wait.
  const isTemporary = RETRYABLE.has(name) || statusCode === 429 || (statusCode >= 500 && statusCode < 600)
  const retryable = isTemporary && !(error instanceof BudgetError)
  return { type: name, message, statusCode, retryable }
}

function defaultQuickPause(repetition: number): number {
  return repetition * (500 + 750 * Math.random())
}

/**
 * Returns a pause that grows with the tries, in milliseconds. It is random, so that throttled jobs do not all return at
 * once.
 */
function longPause(attempt: number): number {
  return Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt / QUICK_TRIES)) * (0.5 + Math.random() / 2)
}

/** @throws BedrockError ValidationException for an input that no longer exists */
async function readInput(input: JobInput | undefined, store: ObjectStore): Promise<Uint8Array> {
  if (!input) throw new Error('the job has no input')
  if ('text' in input) return Buffer.from(input.text)
  const stored = await store.get(input.object, input.versionId)
  if (stored) return stored.body
  const { bucket, key } = input.object
  throw new BedrockError('ValidationException', `The job's input s3://${bucket}/${key} does not exist any more.`)
}

/** Writes the answer if there is no output yet. An existing output is the job's answer and stays. */
async function writeOutput(
  request: JobRequest,
  lease: HeldLease,
  { body, contentType, usage, estimatedCost }: JobAnswer,
  store: ObjectStore,
): Promise<JobEnd> {
  const location = outputLocation(request)
  const options = {
    ...outputOptions(request),
    contentType,
    metadata: {
      'job-id': request.id,
      usage: JSON.stringify(usage),
      'estimated-cost': JSON.stringify(estimatedCost),
    },
  }
  const written = await store.putNew(location, body, options).catch((error: unknown) => refuseLocation(error, location))
  const end = written
    ? await completeOutput(request, lease.attempt, { contentType, usage, estimatedCost }, store)
    : await adoptOutput(request, lease.attempt, store)
  if (!end) throw new Error('an output exists but cannot be read')
  return end
}

/** Returns the caller's options for its outputs. */
function outputOptions({ output: { kmsKeyId, bucketOwner } }: JobRequest) {
  return { ...(kmsKeyId !== undefined && { kmsKeyId }), ...(bucketOwner !== undefined && { bucketOwner }) }
}

/**
 * Writes a first manifest to an output location other than the stack's, so that a location that cannot be written to is found
 * before the model is called.
 */
async function checkLocation(request: JobRequest, store: ObjectStore): Promise<void> {
  const location = outputLocation(request, MANIFEST_FILE)
  const options = outputOptions(request)
  if (location.bucket === store.bucket && Object.keys(options).length === 0) return
  const { id: invocationId, modelId } = request
  const begun = JSON.stringify({ invocationId, modelId, status: 'InProgress' })
  await store.put(location, begun, options).catch((error: unknown) => refuseLocation(error, location))
}

/** Turns a permanent refusal by S3 into an error of the request, since another try could not store its answer either. */
function refuseLocation(error: unknown, { bucket, key }: S3Location): never {
  const refusal = refusalOf(error)
  if (refusal === undefined) throw error
  throw new BedrockError(
    'ValidationException',
    `The output could not be written to s3://${bucket}/${key}: S3 answered ${refusal}.`,
    { cause: error },
  )
}

/** Returns the end of a job whose output an earlier try wrote without recording the end; undefined without an output. */
async function adoptOutput(request: JobRequest, attempts: number, store: ObjectStore): Promise<JobEnd | undefined> {
  const present = await store.head(outputLocation(request))
  if (!present) return undefined
  const { contentType = 'application/json', metadata } = present
  const usage: Usage = JSON.parse(metadata.usage ?? '{}')
  const cost = metadata['estimated-cost']
  const output: Output = {
    contentType,
    usage,
    ...(cost !== undefined && { estimatedCost: JSON.parse(cost) as EstimatedCost }),
  }
  return completeOutput(request, attempts, output, store)
}

interface Output {
  readonly contentType: string
  readonly usage: Usage
  readonly estimatedCost?: EstimatedCost
}

/** Writes the manifest next to the output, as Bedrock does, and returns the end of the job. */
async function completeOutput(
  request: JobRequest,
  attempts: number,
  { contentType, usage, estimatedCost }: Output,
  store: ObjectStore,
): Promise<JobEnd> {
  const output = outputLocation(request)
  const manifest = outputLocation(request, MANIFEST_FILE)
  const document = {
    invocationId: request.id,
    modelId: request.modelId,
    status: 'Completed',
    files: [{ name: output.key.slice(output.key.lastIndexOf('/') + 1), contentType }],
    usage,
    ...(estimatedCost && { estimatedCost }),
  }
  await store.put(manifest, JSON.stringify(document), outputOptions(request))
  return {
    status: 'Completed',
    endTime: new Date().toISOString(),
    outputs: [output.key, manifest.key],
    contentType,
    usage,
    ...(estimatedCost && { estimatedCost }),
    attempts,
  }
}
