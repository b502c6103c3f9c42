import { AwsJsonError } from '../events/http/aws-json-error.ts'
import type { JsonObject } from '../template/json.ts'

/** Entries of a page. Source: Step Functions API Reference, ListExecutions. */
const DEFAULT_PAGE = 100
const MAX_PAGE = 1000

export function readArn(arn: unknown, member: string): string {
  if (typeof arn !== 'string' || arn === '') {
    throw new AwsJsonError('ValidationException', `1 validation error detected: Value at '${member}' must not be null`)
  }
  if (arn.startsWith('arn:')) return arn
  throw new AwsJsonError('InvalidArn', `Invalid Arn: '${arn}'`)
}

export function readText(value: unknown, member: string): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  throw new AwsJsonError('SerializationException', `${member} is not a string`)
}

export function readCount(
  input: JsonObject,
  member: string,
  { maximum = Number.MAX_SAFE_INTEGER, isInteger = true }: { readonly maximum?: number; readonly isInteger?: boolean },
): number | undefined {
  const value = input[member]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number' || (isInteger && !Number.isInteger(value))) {
    throw new AwsJsonError('SerializationException', `${member} is not a number`)
  }
  if (value >= 0 && value <= maximum) return value
  throw new AwsJsonError(
    'ValidationException',
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must be from 0 to ${maximum}`,
  )
}

/** Entries of the page that the request asks for, with the token of the next one. */
export function readPage<Entry>(entries: readonly Entry[], input: JsonObject) {
  const size = readCount(input, 'maxResults', { maximum: MAX_PAGE }) || DEFAULT_PAGE
  const token = readText(input.nextToken, 'nextToken')
  const position = token === undefined ? '0' : Buffer.from(token, 'base64url').toString()
  if (!/^\d{1,9}$/.test(position)) throw new AwsJsonError('InvalidToken', `Invalid Token: '${token}'`)
  const start = Number(position)
  const end = start + size
  return {
    items: entries.slice(start, end),
    nextToken: end < entries.length ? { nextToken: Buffer.from(String(end)).toString('base64url') } : {},
  }
}
