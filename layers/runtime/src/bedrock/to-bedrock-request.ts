import { BedrockError } from '../core/errors.ts'
import { type Facts, pickRequestId } from '../core/model-call.ts'
import type { BedrockReply, BedrockRequest } from './bedrock-client.ts'
import { BEDROCK_HEADER_PREFIX, type Operation } from './operations.ts'

/** A caller's request, as far as Bedrock gets it. */
export interface RequestParts {
  /** Values of the path's labels, decoded. */
  readonly labels: Readonly<Record<string, string>>
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/**
 * Makes the request to Bedrock of a caller's request: the same bytes, Bedrock's own headers, the path with its labels
 * encoded anew.
 *
 * @throws BedrockError ValidationException for a label that is malformed
 */
export function toBedrockRequest(operation: Operation, { labels, headers, body }: RequestParts): BedrockRequest {
  for (const [label, form] of Object.entries(LABEL_FORMS)) checkLabel(label, labels[label], form)
  const path = operation.path.replace(/\{(\w+)\}/g, (_, label: string) => encodeURIComponent(labels[label] ?? ''))
  return { path, headers: { 'content-type': 'application/json', ...pickBedrockHeaders(headers) }, body }
}

/** Forms of labels. Source: the service model of bedrock-runtime 2023-09-30. */
const LABEL_FORMS: Readonly<Record<string, RegExp>> = {
  guardrailIdentifier: /^(?:[a-z0-9]+|arn:aws(?:-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:guardrail\/[a-z0-9]+)$/,
  guardrailVersion: /^(?:[1-9][0-9]{0,7}|DRAFT)$/,
}

/** A malformed label could lead to another path. */
function checkLabel(label: string, value: string | undefined, form: RegExp): void {
  if (value === undefined || form.test(value)) return
  throw new BedrockError('ValidationException', `${label} does not match ${form.source}.`)
}

/** Facts about an answer for the log: its attempts and Bedrock's id of the request. */
export function describeAttempts({ attempts, headers }: Pick<BedrockReply, 'attempts' | 'headers'>): Facts {
  const bedrockRequestId = headers['x-amzn-requestid']
  return { attempts, ...(bedrockRequestId !== undefined && { bedrockRequestId }) }
}

/** The headers that are part of Bedrock's contract; all others belong to one connection. */
export function pickBedrockHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => isBedrockHeader(name)))
}

/** The headers of Bedrock's answer that the caller gets: those of the contract, and Bedrock's id of the request. */
export function pickReplyHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return { ...pickBedrockHeaders(headers), ...pickRequestId(headers) }
}

export function isBedrockHeader(name: string): boolean {
  return name === 'content-type' || name === 'accept' || name.startsWith(BEDROCK_HEADER_PREFIX)
}

/**
 * Whether the caller's client announces that it retries failed calls, as AWS SDKs and the Anthropic SDK do. Then the suite
 * does not: three attempts here for each of three there would be nine.
 */
export function clientRetries(headers: Readonly<Record<string, string>>): boolean {
  const announced = headers['amz-sdk-request']
  if (announced !== undefined) return !/(?:^|[;\s])max=1(?:$|[;\s])/.test(announced)
  return headers['x-stainless-retry-count'] !== undefined
}
