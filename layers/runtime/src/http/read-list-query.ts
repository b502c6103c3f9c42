import { BedrockError } from '../core/errors.ts'

/** Filters that the lists of Bedrock have in common. */
export interface ListQuery<Status extends string> {
  readonly ascending: boolean
  readonly maxResults: number
  readonly status?: Status
  /** Milliseconds since 1970; both exclusive. */
  readonly submittedAfter?: number
  readonly submittedBefore?: number
  readonly nextToken?: string
}

export interface ListQueryRules<Status extends string> {
  readonly statuses: readonly Status[]
  /** The only value of `sortBy`. */
  readonly sortBy: string
}

const MAX_RESULTS = 1000
/** Default page size. Bedrock documents none. Each result costs several reads. */
const DEFAULT_RESULTS = 100

/**
 * Reads the query of ListAsyncInvokes or ListModelInvocationJobs.
 *
 * @throws BedrockError ValidationException that names the parameter and its allowed values
 */
export function readListQuery<Status extends string>(
  query: Readonly<Record<string, string>>,
  { statuses, sortBy }: ListQueryRules<Status>,
): ListQuery<Status> {
  const { nextToken, maxResults } = query
  const after = readTime(query, 'submitTimeAfter')
  const before = readTime(query, 'submitTimeBefore')
  const status = readChoice(query, 'statusEquals', statuses)
  readChoice(query, 'sortBy', [sortBy])
  return {
    ascending: readChoice(query, 'sortOrder', ['Ascending', 'Descending']) === 'Ascending',
    maxResults: maxResults === undefined ? DEFAULT_RESULTS : readMaxResults(maxResults),
    ...(status !== undefined && { status }),
    ...(after !== undefined && { submittedAfter: after }),
    ...(before !== undefined && { submittedBefore: before }),
    ...(nextToken !== undefined && { nextToken }),
  }
}

function readChoice<Choice extends string>(
  query: Readonly<Record<string, string>>,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const value = query[name]
  if (value === undefined) return undefined
  const choice = choices.find((one) => one === value)
  if (choice !== undefined) return choice
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
