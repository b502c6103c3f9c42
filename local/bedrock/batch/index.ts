import { BedrockError } from '@bedrock-functions/runtime/core'
import type { Clock } from '../async-invoke/clock.ts'
import { createObjectAccess, type ObjectAccess } from '../async-invoke/object-access.ts'
import { exampleError } from '../directives/error-examples.ts'
import { batchMessages, notForwarded, storageMissing, validationError } from '../messages.ts'
import { listSubmissions, type SubmissionPage, type SubmissionQuery } from '../submissions/list-submissions.ts'
import { newArn } from '../submissions/new-arn.ts'
import type { AnswerRecord } from './answer-record.ts'
import { type BatchJob, type BatchStatus, hasEnded, type JobFacts, type RecordCounts } from './batch-job.ts'
import type { BatchSettings } from './batch-settings.ts'
import { type BatchDraft, BatchStore } from './batch-store.ts'
import { type BedrockEvent, describeEvent } from './describe-event.ts'
import { runJob } from './run-job.ts'

export type BatchRequest = Omit<BatchDraft, 'jobArn'>

/** Batch inference jobs. */
export interface BatchJobs {
  /** Limits of a job, which Service Quotas tells. */
  readonly limits: Pick<BatchSettings, 'minRecords' | 'maxRecords'>
  /**
   * Creates a job, or finds the one that the same request and token created before. ConflictException when another request
   * had the token, ServiceQuotaExceededException for too many jobs of a model.
   */
  create(request: BatchRequest): BatchJob
  /** Finds the job that this request created before. ConflictException when another request had the token. */
  findRepeated(request: Pick<BatchRequest, 'clientRequestToken' | 'requestHash'>): BatchJob | undefined
  /** ResourceNotFoundException for an unknown id or ARN. */
  get(jobIdentifier: string): BatchJob
  list(query: SubmissionQuery<BatchStatus>): SubmissionPage<BatchJob>
  /** ResourceNotFoundException, and ConflictException for a job that has ended or is stopping. */
  stop(jobIdentifier: string): void
  /** Continues the jobs of earlier runs; without S3 they stay as they are. */
  open(): Promise<void>
  close(): Promise<void>
}

export interface BatchJobsOptions {
  /** Directory that keeps jobs across restarts, for one process at a time; in memory without. */
  readonly directory: string | undefined
  /** S3 of inputs and outputs; required for every job. */
  readonly s3Endpoint: string | undefined
  readonly accountId: string
  readonly region: string
  readonly settings: BatchSettings
  /** Credentials for `s3Endpoint`: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly answer: AnswerRecord
  /** True if answers come from recordings or from Bedrock: jobs are refused then. */
  readonly isForwarding: boolean
  /** Called for each state of each job, in order. As in Bedrock an event may be lost: there is no second attempt. */
  readonly onEvent: (event: BedrockEvent) => Promise<void> | void
  readonly onFailure: (error: unknown) => void
}

export function createBatchJobs(options: BatchJobsOptions): BatchJobs {
  const { s3Endpoint, accountId, region, settings, clock, environment } = options
  const prefix = `arn:aws:bedrock:${region}:${accountId}:model-invocation-job/`
  const progress = new Map<string, RecordCounts>()
  const stops = new Map<string, AbortController>()
  const running = new Set<Promise<void>>()
  let sending = Promise.resolve()
  let opened: Opened | undefined

  function opening(): Opened {
    if (!opened) throw new Error('the server is not open')
    return opened
  }

  function send(job: BatchJob): void {
    sending = sending.then(() => options.onEvent(describeEvent(job, accountId))).catch(options.onFailure)
  }

  /** Adds the counts of a job in progress. */
  function withProgress(job: BatchJob): BatchJob {
    const counts = progress.get(job.jobArn)
    return counts ? { ...job, counts } : job
  }

  function get(jobIdentifier: string): BatchJob {
    const { store } = opening()
    const job = store.find(jobIdentifier) ?? store.find(`${prefix}${jobIdentifier}`)
    if (job) return withProgress(job)
    throw new BedrockError('ResourceNotFoundException', batchMessages.unknown(jobIdentifier))
  }

  function move(jobArn: string, status: BatchStatus, facts: JobFacts = {}): void {
    const { store } = opening()
    const before = store.find(jobArn)
    const counts = progress.get(jobArn)
    const job = store.move(jobArn, status, clock.now(), { ...(counts && { counts }), ...facts })
    if (job === before) return
    if (hasEnded(job)) progress.delete(jobArn)
    send(job)
  }

  function start({ jobArn }: BatchJob): void {
    const { objects, closing } = opening()
    if (!objects) return
    const stop = new AbortController()
    stops.set(jobArn, stop)
    const closed = closing.signal
    const run = runJob({
      objects,
      settings,
      clock,
      closed,
      answer: options.answer,
      stopped: stop.signal,
      interrupted: AbortSignal.any([stop.signal, closed]),
      current: () => get(jobArn),
      move(status, facts) {
        if (!closed.aborted) move(jobArn, status, facts)
      },
      onProgress: (counts) => progress.set(jobArn, counts),
    })
      .catch(options.onFailure)
      .finally(() => {
        stops.delete(jobArn)
        running.delete(run)
      })
    running.add(run)
  }

  function findRepeated({ clientRequestToken, requestHash }: Pick<BatchRequest, 'clientRequestToken' | 'requestHash'>) {
    const { store } = opening()
    const repeated = clientRequestToken === undefined ? undefined : store.findByToken(clientRequestToken)
    if (repeated && repeated.requestHash !== requestHash) throw exampleError('ConflictException', '')
    return repeated
  }

  return {
    limits: settings,
    get,
    findRepeated,
    create(request) {
      const { store, objects } = opening()
      if (options.isForwarding) throw validationError(notForwarded('CreateModelInvocationJob'))
      if (!objects) throw validationError(storageMissing)
      const repeated = findRepeated(request)
      if (repeated) return repeated
      const pending = store.all.filter((job) => job.modelId === request.modelId && !hasEnded(job))
      if (pending.length >= settings.maxJobs) throw exampleError('ServiceQuotaExceededException', request.modelId)
      const lifetimeMs = request.timeoutDurationInHours * settings.hourMs
      const job = store.add({ ...request, jobArn: newArn(prefix, store) }, clock.now(), lifetimeMs)
      send(job)
      start(job)
      return job
    },
    list(query) {
      const { entries, ...rest } = listSubmissions(opening().store.all, query)
      return { entries: entries.map(withProgress), ...rest }
    },
    stop(jobIdentifier) {
      const { jobArn, status } = get(jobIdentifier)
      if (status === 'Stopping' || hasEnded({ status })) {
        throw new BedrockError('ConflictException', batchMessages.ended(status))
      }
      move(jobArn, 'Stopping')
      stops.get(jobArn)?.abort()
    },
    async open() {
      const store = await BatchStore.open(options.directory)
      const objects = s3Endpoint ? createObjectAccess({ endpoint: s3Endpoint, region, environment }) : undefined
      opened = { store, objects, closing: new AbortController() }
      for (const job of store.all) if (!hasEnded(job)) start(job)
    },
    async close() {
      opened?.closing.abort()
      opened?.objects?.close()
      await Promise.all(running)
      await sending
      await opened?.store.close()
      opened = undefined
    },
  }
}

interface Opened {
  readonly store: BatchStore
  readonly objects: ObjectAccess | undefined
  readonly closing: AbortController
}
