import '../core/index.ts'
import { setTimeout as wait } from 'node:timers/promises'
import type { JobsConfiguration } from '../core/configuration.ts'
import { BedrockError } from '../core/errors.ts'
import { JOB_ID } from '../core/job-id.ts'
import type { ObjectStore } from '../core/object-store.ts'
import type { JobEnd, JobRequest } from './documents.ts'
import { bedrockKey, type JobFile, type JobName, jobKey } from './layout.ts'

/** A job as far as it has come. */
export interface Job {
  readonly request: JobRequest
  readonly end: JobEnd | undefined
}

/** One of a job's documents with the etag that a conditional write needs. */
export interface Versioned<Document> {
  readonly document: Document
  readonly etag: string
}

export function arnOf(request: Pick<JobRequest, 'id' | 'bedrockArn'>, arnPrefix: string): string {
  return request.bedrockArn ?? `${arnPrefix}:async-invoke/${request.id}`
}

/**
 * The caller's job of that ARN or bare id; undefined where there is none, or it is another's: nobody can tell these apart.
 *
 * @throws BedrockError ValidationException for what is neither an id nor an ARN of an invocation in this account and region
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
  // Of our own ids none is Bedrock's too, but nothing keeps Bedrock's from looking like one of ours.
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
 * @returns undefined for a job that has not ended after `waitMs`, and where `signal` ends the wait
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
    // Rejects when the signal ends the wait; the check above then returns.
    await wait(Math.min(pause, remaining), undefined, { signal }).catch(() => {})
    const end = await readJobFile<JobEnd>(store, name, 'end.json')
    if (end) return end.document
  }
}
