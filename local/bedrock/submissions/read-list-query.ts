import { readInteger } from '../control-plane/pages.ts'
import { malformedInput, validationError } from '../messages.ts'
import { describeForService } from '../shapes/describe-violation.ts'
import type { JsonObject } from '../shapes/json.ts'
import { omitUndefined, readNumber, readString } from '../shapes/read-json.ts'
import { requireShape } from '../shapes/require-shape.ts'
import { integer, type Members, oneOf, type StringShape, structure } from '../shapes/shape.ts'
import type { SubmissionQuery } from './list-submissions.ts'

/** Matches RFC 3339, the service model's date-time. */
const time: StringShape = {
  type: 'string',
  pattern: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/,
}

/** Default page size; Bedrock does not document its own. */
const DEFAULT_PAGE = 100

/**
 * Reads the query of a list, the newest first by default. ValidationException for what the service model refuses.
 *
 * @param members members besides those that every list has: at least `statusEquals` and `sortBy`
 */
export function readListQuery<Status extends string>(
  parameters: URLSearchParams,
  members: Members,
): SubmissionQuery<Status> {
  const asked: JsonObject = {
    ...Object.fromEntries(parameters),
    ...(parameters.has('maxResults') && { maxResults: readInteger(parameters.get('maxResults') ?? '') }),
  }
  const shape = structure({
    submitTimeAfter: time,
    submitTimeBefore: time,
    maxResults: integer(1, 1_000),
    nextToken: { type: 'string', minimum: 1, maximum: 2_048, pattern: /^\S*$/ },
    sortOrder: oneOf('Ascending', 'Descending'),
    ...members,
  })
  requireShape(asked, shape, describeForService)
  return {
    ...omitUndefined({
      submitTimeAfter: readTime(asked, 'submitTimeAfter'),
      submitTimeBefore: readTime(asked, 'submitTimeBefore'),
      statusEquals: readString(asked.statusEquals) as Status | undefined,
      nameContains: Object.hasOwn(members, 'nameContains') ? readString(asked.nameContains) : undefined,
      nextToken: readString(asked.nextToken),
    }),
    sortOrder: asked.sortOrder === 'Ascending' ? 'Ascending' : 'Descending',
    maxResults: readNumber(asked.maxResults) ?? DEFAULT_PAGE,
  }
}

function readTime(asked: JsonObject, name: string): number | undefined {
  const value = readString(asked[name])
  if (value === undefined) return undefined
  const timeMs = Date.parse(value)
  if (Number.isNaN(timeMs)) throw validationError(malformedInput(`#/${name}: there is no such time`))
  return timeMs
}
