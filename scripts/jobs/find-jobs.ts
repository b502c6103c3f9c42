import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import type { ObjectStore } from '../../layers/runtime/src/core/object-store.ts'
import type { JobLease } from '../../layers/runtime/src/jobs/documents.ts'
import { bedrockKey, type JobName, jobKey, PREFIXES } from '../../layers/runtime/src/jobs/layout.ts'
import { listJobs } from '../../layers/runtime/src/jobs/list-jobs.ts'
import { type Job, readDocument, readJob, readJobFile } from '../../layers/runtime/src/jobs/read-job.ts'
import { JobsCommandError } from './command-line.ts'

export interface FindOptions {
  readonly failed: boolean
  readonly limit: number
}

/** Finds the newest jobs of all callers, newest first. */
export async function findJobs(store: ObjectStore, { failed, limit }: FindOptions): Promise<readonly Job[]> {
  const found: Job[] = []
  for (const owner of await listOwners(store)) found.push(...(await findOfOwner(store, owner, { failed, limit })))
  return found.toSorted((one, other) => (one.request.id < other.request.id ? 1 : -1)).slice(0, limit)
}

async function findOfOwner(store: ObjectStore, owner: string, { failed, limit }: FindOptions): Promise<readonly Job[]> {
  const found: Job[] = []
  let nextToken: string | undefined
  do {
    const page = await listJobs(store, {
      owner,
      ascending: false,
      maxJobs: limit - found.length,
      ...(failed && { status: 'Failed' as const }),
      ...(nextToken !== undefined && { nextToken }),
    })
    found.push(...page.jobs)
    nextToken = page.nextToken
  } while (nextToken !== undefined && found.length < limit)
  return found
}

/** Lists the folders of callers. */
async function listOwners(store: ObjectStore): Promise<readonly string[]> {
  const owners: string[] = []
  let continuation: string | undefined
  do {
    const page = await store.client.send(
      new ListObjectsV2Command({
        Bucket: store.bucket,
        Prefix: PREFIXES.jobs,
        Delimiter: '/',
        ContinuationToken: continuation,
      }),
    )
    for (const { Prefix = '' } of page.CommonPrefixes ?? []) owners.push(Prefix.slice(PREFIXES.jobs.length, -1))
    continuation = page.NextContinuationToken
  } while (continuation !== undefined)
  return owners
}

/**
 * Finds a job of any caller by its id, or by the id that Bedrock gave it.
 *
 * @throws JobsCommandError if there is none
 */
export async function findJob(store: ObjectStore, id: string): Promise<Job> {
  const owners = await listOwners(store)
  for (const owner of owners) {
    const job = await readJob(store, { owner, id })
    if (job) return job
  }
  for (const owner of owners) {
    const link = await readDocument<{ id: string }>(store, bedrockKey(owner, id))
    const job = link && (await readJob(store, { owner, id: link.document.id }))
    if (job) return job
  }
  throw new JobsCommandError(`There is no job ${id} in the bucket ${store.bucket}. Jobs expire after JobRetentionDays.`)
}

/** Describes a job for an operator, without its content. */
export async function describeForOperator(store: ObjectStore, { request, end }: Job): Promise<object> {
  const name: JobName = request
  const lease = await readJobFile<JobLease>(store, name, 'lease.json')
  const { input, ...known } = request
  const file = (key: string) => `s3://${store.bucket}/${key}`
  return {
    status: end?.status ?? 'InProgress',
    request: { ...known, ...(input && { input: 'text' in input ? { bytes: Buffer.byteLength(input.text) } : input }) },
    ...(lease && { lease: lease.document }),
    ...(end && { end }),
    files: {
      request: file(jobKey(name, 'request.json')),
      ...(end && { end: file(jobKey(name, 'end.json')) }),
    },
  }
}

/** Table of jobs: id, time, status, caller, model and the type of the error. */
export function describeList(jobs: readonly Job[]): string {
  const rows = jobs.map(({ request, end }) => [
    request.id,
    request.submitTime.slice(0, 19).replace('T', ' '),
    end?.status ?? 'InProgress',
    request.caller,
    request.modelId,
    end?.failure === undefined ? '' : `${end.failure.type}${end.failure.retryable ? ' (can succeed later)' : ''}`,
  ])
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
