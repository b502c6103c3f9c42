import { BedrockError } from '@bedrock-functions/runtime/core'
import type { JobStatus, ListOptions } from '@bedrock-functions/runtime/jobs'

const STATUSES: readonly string[] = ['InProgress', 'Completed', 'Failed'] satisfies JobStatus[]
const MAX_RESULTS = 1000
/** Default page size. Bedrock documents none. Each result costs two reads. */
const DEFAULT_RESULTS = 100

/**
 * Reads the query of ListAsyncInvokes.
 *
 * @throws BedrockError ValidationException that names the parameter and its allowed values
 */
export function readFilters(query: Readonly<Record<string, string>>): Omit<ListOptions, 'owner'> {
  const { statusEquals, nextToken } = query
  const after = readTime(query, 'submitTimeAfter')
  const before = readTime(query, 'submitTimeBefore')
  const status = statusEquals === undefined ? undefined : readChoice(query, 'statusEquals', STATUSES)
  if (query.sortBy !== undefined) readChoice(query, 'sortBy', ['SubmissionTime'])
  const order =
    query.sortOrder === undefined ? 'Descending' : readChoice(query, 'sortOrder', ['Ascending', 'Descending'])
  return {
    ascending: order === 'Ascending',
    maxJobs: query.maxResults === undefined ? DEFAULT_RESULTS : readMaxResults(query.maxResults),
    ...(status !== undefined && { status: status as JobStatus }),
    ...(after !== undefined && { submittedAfter: after }),
    ...(before !== undefined && { submittedBefore: before }),
    ...(nextToken !== undefined && { nextToken }),
  }
}

function readChoice(query: Readonly<Record<string, string>>, name: string, choices: readonly string[]): string {
  const value = query[name]
  if (value !== undefined && choices.includes(value)) return value
  throw new BedrockError('ValidationException', `${name} must be one of ${choices.join(', ')}.`)
}

function readMaxResults(value: string): number {
  const number = Number(value)
  if (/^\d+$/.test(value) && number >= 1 && number <= MAX_RESULTS) return number
  throw new BedrockError('ValidationException', `maxResults must be a whole number from 1 to ${MAX_RESULTS}.`)
}

/** Reads a time in ISO 8601 with a zone, as SDKs write it. Returns milliseconds since 1970. */
function readTime(query: Readonly<Record<string, string>>, name: string): number | undefined {
  const value = query[name]
  if (value === undefined) return undefined
  const isIso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/.test(value)
  const time = isIso ? Date.parse(value) : Number.NaN
  if (!Number.isNaN(time)) return time
  throw new BedrockError('ValidationException', `${name} must be a time in ISO 8601, e.g. 2026-01-31T12:00:00Z.`)
}
