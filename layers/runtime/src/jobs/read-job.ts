import '../core/index.ts'
import { setTimeout as wait } from 'node:timers/promises'
import type { JobsConfiguration } from '../core/configuration.ts'
import { BedrockError } from '../core/errors.ts'
import { JOB_ID } from '../core/job-id.ts'
import type { ObjectStore } from '../core/object-store.ts'
import type { JobEnd, JobRequest } from './documents.ts'
import { bedrockKey, type JobFile, type JobName, jobKey } from './layout.ts'

/** Job; `end` is undefined while it is in progress. */
export interface Job {
  readonly request: JobRequest
  readonly end: JobEnd | undefined
}

/** Document of a job with its etag, for a conditional write. */
export interface Versioned<Document> {
  readonly document: Document
  readonly etag: string
}

export function arnOf(request: Pick<JobRequest, 'id' | 'bedrockArn'>, arnPrefix: string): string {
  return request.bedrockArn ?? `${arnPrefix}:async-invoke/${request.id}`
}

/**
 * Finds the caller's job by its ARN or id.
 *
 * @returns undefined for a missing job and for another caller's job, so that nobody learns which jobs exist
 * @throws BedrockError ValidationException for text that is neither an id nor an ARN of an invocation in this account and
 *   region
 */
export async function findJob(
  store: ObjectStore,
  { arnPrefix }: JobsConfiguration,
  owner: string,
  invocationArn: string,
): Promise<Job | undefined> {
  const arnStart = `${arnPrefix}:async-invoke/`
  const id = invocationArn.startsWith(arnStart) ? invocationArn.slice(arnStart.length) : invocationArn
  if (!JOB_ID.test(id)) {
    throw new BedrockError(
      'ValidationException',
      `invocationArn does not match ${arnStart}[a-z0-9]{12}, nor is it the id at its end.`,
    )
  }
  const own = await readJob(store, { owner, id })
  // A Bedrock id may collide with one of ours, so check `bedrockArn`.
  if (own && own.request.bedrockArn === undefined) return own
  const link = await readDocument<{ id: string }>(store, bedrockKey(owner, id))
  return link && readJob(store, { owner, id: link.document.id })
}

export async function readJob(store: ObjectStore, name: JobName): Promise<Job | undefined> {
  const [request, end] = await Promise.all([
    readJobFile<JobRequest>(store, name, 'request.json'),
    readJobFile<JobEnd>(store, name, 'end.json'),
  ])
  return request && { request: request.document, end: end?.document }
}

export function readJobFile<Document>(
  store: ObjectStore,
  name: JobName,
  file: JobFile,
): Promise<Versioned<Document> | undefined> {
  return readDocument(store, jobKey(name, file))
}

export async function readDocument<Document>(
  store: ObjectStore,
  key: string,
): Promise<Versioned<Document> | undefined> {
  const stored = await store.get({ bucket: store.bucket, key })
  return stored && { document: JSON.parse(Buffer.from(stored.body).toString()), etag: stored.etag }
}

const FIRST_WAIT_MS = 150
const MAX_WAIT_MS = 1000

/**
 * Waits for a job's end.
 *
 * @returns undefined if the job has not ended after `waitMs`, or if `signal` ends the wait
 */
export async function awaitEnd(
  store: ObjectStore,
  name: JobName,
  waitMs: number,
  signal: AbortSignal,
): Promise<JobEnd | undefined> {
  const until = performance.now() + waitMs
  for (let pause = FIRST_WAIT_MS; ; pause = Math.min(1.5 * pause, MAX_WAIT_MS)) {
    const remaining = until - performance.now()
    if (remaining <= 0 || signal.aborted) return undefined
    // A rejection means that the signal ended the wait. The check above then returns.
    await wait(Math.min(pause, remaining), undefined, { signal }).catch(() => {})
    const end = await readJobFile<JobEnd>(store, name, 'end.json')
    if (end) return end.document
  }
}
