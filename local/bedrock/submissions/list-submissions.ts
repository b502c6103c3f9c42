import { hashJson } from '../async-invoke/model-input.ts'
import { malformedInput, validationError } from '../messages.ts'
import type { JsonObject } from '../shapes/json.ts'
import { omitUndefined } from '../shapes/read-json.ts'
import type { Submission } from './submission-store.ts'

/** Query of a page of submissions. */
export interface SubmissionQuery<Status extends string> {
  /** Milliseconds since 1970, both exclusive. */
  readonly submitTimeAfter?: number
  readonly submitTimeBefore?: number
  readonly statusEquals?: Status
  readonly nameContains?: string
  readonly sortOrder: 'Ascending' | 'Descending'
  readonly maxResults: number
  readonly nextToken?: string
}

export interface SubmissionPage<Entry> {
  readonly entries: readonly Entry[]
  /** Present when there are more pages. */
  readonly nextToken?: string
}

interface Listed extends Submission {
  readonly status: string
  readonly jobName?: string
}

/** Returns a page of `all`, in order of submission. ValidationException for a token of another query. */
export function listSubmissions<Entry extends Listed>(
  all: readonly Entry[],
  query: SubmissionQuery<Entry['status']>,
): SubmissionPage<Entry> {
  const { submitTimeAfter = -1, submitTimeBefore = Number.POSITIVE_INFINITY, statusEquals, nameContains } = query
  const isAscending = query.sortOrder === 'Ascending'
  const after = query.nextToken === undefined ? undefined : readToken(query.nextToken, query)
  const matching = (isAscending ? all : all.toReversed()).filter(
    ({ sequence, submitTime, status, jobName = '' }) =>
      (after === undefined || (isAscending ? sequence > after : sequence < after)) &&
      submitTime > submitTimeAfter &&
      submitTime < submitTimeBefore &&
      (statusEquals === undefined || status === statusEquals) &&
      (nameContains === undefined || jobName.includes(nameContains)),
  )
  const entries = matching.slice(0, query.maxResults)
  const last = entries.at(-1)
  const hasMore = matching.length > entries.length
  return { entries, ...(hasMore && last && { nextToken: makeToken(last.sequence, query) }) }
}

function makeToken(after: number, query: SubmissionQuery<string>): string {
  return Buffer.from(`${after}.${hashQuery(query)}`).toString('base64url')
}

function readToken(token: string, query: SubmissionQuery<string>): number {
  const [, after] = /^(\d{1,15})\./.exec(Buffer.from(token, 'base64url').toString('latin1')) ?? []
  if (after !== undefined && token === makeToken(Number(after), query)) return Number(after)
  throw validationError(malformedInput('#/nextToken: it is none of this query'))
}

/** Hashes a query for its tokens, without the page size, which may change between pages. */
function hashQuery({ maxResults: _size, nextToken: _token, ...rest }: SubmissionQuery<string>): string {
  const asked: JsonObject = omitUndefined(rest)
  return hashJson(asked).slice(0, 12)
}
