import { malformedInput, validationError } from '../messages.ts'
import type { Invocation, InvocationStatus } from './invocation.ts'
import { hashJson } from './model-input.ts'

export interface InvocationQuery {
  /** Milliseconds since 1970, both exclusive. */
  readonly submitTimeAfter?: number
  readonly submitTimeBefore?: number
  readonly statusEquals?: InvocationStatus
  readonly sortOrder: 'Ascending' | 'Descending'
  readonly maxResults: number
  readonly nextToken?: string
}

export interface InvocationPage {
  readonly invocations: readonly Invocation[]
  /** Present when there are more pages. */
  readonly nextToken?: string
}

/** Returns a page of `all`, in order of submission. ValidationException for a token of another query. */
export function listInvocations(all: readonly Invocation[], query: InvocationQuery): InvocationPage {
  const { submitTimeAfter = -1, submitTimeBefore = Number.POSITIVE_INFINITY, statusEquals, sortOrder } = query
  const isAscending = sortOrder === 'Ascending'
  const after = query.nextToken === undefined ? undefined : readToken(query.nextToken, query)
  const matching = (isAscending ? all : all.toReversed()).filter(
    ({ sequence, submitTime, status }) =>
      (after === undefined || (isAscending ? sequence > after : sequence < after)) &&
      submitTime > submitTimeAfter &&
      submitTime < submitTimeBefore &&
      (statusEquals === undefined || status === statusEquals),
  )
  const invocations = matching.slice(0, query.maxResults)
  const last = invocations.at(-1)
  const hasMore = matching.length > invocations.length
  return { invocations, ...(hasMore && last && { nextToken: makeToken(last.sequence, query) }) }
}

function makeToken(after: number, query: InvocationQuery): string {
  return Buffer.from(`${after}.${hashQuery(query)}`).toString('base64url')
}

function readToken(token: string, query: InvocationQuery): number {
  const [, after] = /^(\d{1,15})\./.exec(Buffer.from(token, 'base64url').toString('latin1')) ?? []
  if (after !== undefined && token === makeToken(Number(after), query)) return Number(after)
  throw validationError(malformedInput('#/nextToken: it is none of this query'))
}

/** Hashes a query for its tokens, without the page size, which may change between pages. */
function hashQuery({ maxResults: _size, nextToken: _token, ...rest }: InvocationQuery): string {
  return hashJson(rest).slice(0, 12)
}
