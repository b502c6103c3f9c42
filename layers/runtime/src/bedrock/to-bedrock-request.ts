import { BedrockError } from '../core/errors.ts'
import { type Facts, pickRequestId } from '../core/model-call.ts'
import type { BedrockReply, BedrockRequest } from './bedrock-client.ts'
import { BEDROCK_HEADER_PREFIX, type Operation } from './operations.ts'

/** Parts of a caller's request that Bedrock gets. */
export interface RequestParts {
  /** Values of the path's labels, decoded. */
  readonly labels: Readonly<Record<string, string>>
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/**
 * Makes the request to Bedrock: the caller's bytes, Bedrock's own headers, and the path with encoded labels.
 *
 * @throws BedrockError ValidationException for a malformed label
 */
export function toBedrockRequest(operation: Operation, { labels, headers, body }: RequestParts): BedrockRequest {
  for (const [label, form] of Object.entries(LABEL_FORMS)) checkLabel(label, labels[label], form)
  const path = operation.path.replace(/\{(\w+)\}/g, (_, label: string) => encodeURIComponent(labels[label] ?? ''))
  const sent = Object.entries(headers).filter(([name]) => isSentHeader(operation, name))
  return { path, headers: { 'content-type': 'application/json', ...Object.fromEntries(sent) }, body }
}

/** Tests whether Bedrock gets a header of a call: one of Bedrock's API, or of the contract of the operation. */
export function isSentHeader({ contractHeaders }: Operation, name: string): boolean {
  return isBedrockHeader(name) || contractHeaders?.some((start) => name.startsWith(start)) === true
}

/** Patterns of labels. Source: the service model of bedrock-runtime 2023-09-30. */
const LABEL_FORMS: Readonly<Record<string, RegExp>> = {
  guardrailIdentifier: /^(?:[a-z0-9]+|arn:aws(?:-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:guardrail\/[a-z0-9]+)$/,
  guardrailVersion: /^(?:[1-9][0-9]{0,7}|DRAFT)$/,
}

/** Checks a label, since a malformed one could lead to another path. */
function checkLabel(label: string, value: string | undefined, form: RegExp): void {
  if (value === undefined || form.test(value)) return
  throw new BedrockError('ValidationException', `${label} does not match ${form.source}.`)
}

/** Returns facts about an answer for the log: the number of tries and Bedrock's request id. */
export function describeAttempts({ attempts, headers }: Pick<BedrockReply, 'attempts' | 'headers'>): Facts {
  const bedrockRequestId = headers['x-amzn-requestid']
  return { attempts, ...(bedrockRequestId !== undefined && { bedrockRequestId }) }
}

/** Records the number of tries in the facts of a call, also of a call that fails. */
export function countTries(facts: Facts): (attempts: number) => void {
  return (attempts) => {
    facts.attempts = attempts
  }
}

/** Picks the headers that are part of Bedrock's API. Others belong to one connection. */
export function pickBedrockHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => isBedrockHeader(name)))
}

/** Picks the headers of Bedrock's answer for the caller: those of Bedrock's API, and Bedrock's request id. */
export function pickReplyHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return { ...pickBedrockHeaders(headers), ...pickRequestId(headers) }
}

export function isBedrockHeader(name: string): boolean {
  return name === 'content-type' || name === 'accept' || name.startsWith(BEDROCK_HEADER_PREFIX)
}

/**
 * Whether the caller's client announces retries, as AWS SDKs and the Anthropic SDK do. Then the suite does not retry:
 * three tries here for each of three there would be nine.
 */
export function clientRetries(headers: Readonly<Record<string, string>>): boolean {
  const announced = headers['amz-sdk-request']
  if (announced !== undefined) return !/(?:^|[;\s])max=1(?:$|[;\s])/.test(announced)
  return headers['x-stainless-retry-count'] !== undefined
}
