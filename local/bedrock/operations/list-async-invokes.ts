import { describeInvocation, type InvocationStatus } from '../async-invoke/invocation.ts'
import type { InvocationQuery } from '../async-invoke/list-invocations.ts'
import { malformedInput, validationError } from '../messages.ts'
import { describeForService } from '../shapes/describe-violation.ts'
import type { JsonObject } from '../shapes/json.ts'
import { omitUndefined, readNumber, readString } from '../shapes/read-json.ts'
import { requireShape } from '../shapes/require-shape.ts'
import { integer, oneOf, type StringShape, structure } from '../shapes/shape.ts'
import type { Operation } from './operation.ts'

/** Matches RFC 3339, the service model's date-time. */
const time: StringShape = {
  type: 'string',
  pattern: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/,
}

/** Source: the service model, ListAsyncInvokesRequest. */
const listAsyncInvokesRequest = structure({
  submitTimeAfter: time,
  submitTimeBefore: time,
  statusEquals: oneOf('InProgress', 'Completed', 'Failed'),
  maxResults: integer(1, 1_000),
  nextToken: { type: 'string', minimum: 1, maximum: 2_048, pattern: /^\S*$/ },
  sortBy: oneOf('SubmissionTime'),
  sortOrder: oneOf('Ascending', 'Descending'),
})

/** Default page size; Bedrock does not document its own. */
const DEFAULT_PAGE = 100

/** ListAsyncInvokes, the newest first by default. */
export const listAsyncInvokes: Operation = async ({ query, asyncInvocations }) => {
  const { invocations, nextToken } = asyncInvocations.list(readQuery(query))
  return {
    body: {
      asyncInvokeSummaries: invocations.map(describeInvocation),
      ...(nextToken !== undefined && { nextToken }),
    },
  }
}

function readQuery(parameters: URLSearchParams): InvocationQuery {
  const asked: JsonObject = {
    ...Object.fromEntries(parameters),
    ...(parameters.has('maxResults') && { maxResults: readInteger(parameters.get('maxResults') ?? '') }),
  }
  requireShape(asked, listAsyncInvokesRequest, describeForService)
  return {
    ...omitUndefined({
      submitTimeAfter: readTime(asked, 'submitTimeAfter'),
      submitTimeBefore: readTime(asked, 'submitTimeBefore'),
      statusEquals: readString(asked.statusEquals) as InvocationStatus | undefined,
      nextToken: readString(asked.nextToken),
    }),
    sortOrder: asked.sortOrder === 'Ascending' ? 'Ascending' : 'Descending',
    maxResults: readNumber(asked.maxResults) ?? DEFAULT_PAGE,
  }
}

/** Reads an integer; other text stays text, and the shape refuses it. */
function readInteger(value: string): number | string {
  return /^-?\d{1,9}$/.test(value) ? Number(value) : value
}

function readTime(asked: JsonObject, name: string): number | undefined {
  const value = readString(asked[name])
  if (value === undefined) return undefined
  const timeMs = Date.parse(value)
  if (Number.isNaN(timeMs)) throw validationError(malformedInput(`#/${name}: there is no such time`))
  return timeMs
}
