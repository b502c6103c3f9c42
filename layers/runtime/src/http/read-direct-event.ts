import { BEDROCK_HEADER_PREFIX } from '../bedrock/operations.ts'
import { BedrockError } from '../core/errors.ts'
import { type CallerUnit, readCaller } from '../core/identity.ts'
import { assertExactMembers, assertExactNumbers } from '../json/exact-numbers.ts'
import { isObject } from './read-event.ts'
import type { FunctionRequest, Route } from './route.ts'

/**
 * Reads an event from Step Functions, the CLI or another function. It has the operation's name and its input with the names
 * of AWS SDKs, e.g. `{"operation": "Converse", "modelId": "…", "messages": […]}`. `body` of InvokeModel is the native document
 * or its JSON text. `body` of any other operation is the JSON text of the whole request.
 *
 * A state machine that an API started passes the caller in `requestContext.identity`, as in API Gateway's events. It is not
 * verified: IAM decides who may invoke the function. `requestTimeoutSeconds` limits the time, as `x-request-timeout-ms` does
 * over HTTP.
 *
 * @returns the same request as over HTTP
 * @throws BedrockError ValidationException
 */
export function readDirectEvent(event: unknown, routes: readonly Route[], callerUnit: CallerUnit): FunctionRequest {
  const { operation, requestContext, requestTimeoutSeconds, ...input } = isObject(event) ? event : {}
  const route = routes.find((candidate) => candidate.operation === operation)
  if (!route) {
    const known = routes.map((candidate) => candidate.operation).join(', ')
    throw new BedrockError(
      'ValidationException',
      `operation is ${operation === undefined ? 'missing' : 'unknown'}: an event that is not from HTTP names one of ${known}.`,
    )
  }
  const segments = route.path
    .split('/')
    .slice(1)
    .map((segment) => (isLabel(segment) ? takeText(input, segment.slice(1, -1)) : segment))
  checkCaller(requestContext)
  const caller = readCaller(requestContext, callerUnit)
  const request = { method: route.method, segments, query: {}, source: 'direct', caller } as const
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (requestTimeoutSeconds !== undefined) headers['x-request-timeout-ms'] = readTimeoutMs(requestTimeoutSeconds)
  if (route.method === 'GET') return { ...request, query: toQuery(input), headers: {}, body: new Uint8Array() }
  if (!route.headerMembers) return { ...request, headers, body: readDocument(input, route) }
  const { body, ...members } = input
  assertExactMembers(input, ['body'])
  return {
    ...request,
    headers: { ...headers, ...toHeaders(members, route.headerMembers) },
    body: encode(body),
  }
}

const CALLER_MEMBERS = [
  ['identity', 'apiKeyId'],
  ['identity', 'userArn'],
  ['authorizer', 'iam', 'userArn'],
]

/** Refuses a caller in another shape than API Gateway's: without it, the call would count as the stack's own. */
function checkCaller(requestContext: unknown): void {
  for (const names of CALLER_MEMBERS) {
    let value = requestContext
    for (const [depth, name] of names.entries()) {
      if (value === undefined || value === null) break
      const path = ['requestContext', ...names.slice(0, depth)].join('.')
      if (!isObject(value)) throw new BedrockError('ValidationException', `${path} is not an object.`)
      value = value[name]
    }
    if (value === undefined || value === null || typeof value === 'string') continue
    throw new BedrockError('ValidationException', `requestContext.${names.join('.')} is not a string.`)
  }
}

/** Reads the request's document: the members of the event, or the text in `body`. */
function readDocument(input: Readonly<Record<string, unknown>>, { textMembers = [] }: Route): Uint8Array {
  const { body, ...members } = input
  if (body === undefined) {
    assertExactMembers(input, textMembers)
    assertExactNumbers(input, '', 'send the request as JSON text, in the string member body')
    return encode(input)
  }
  if (typeof body === 'string' && Object.keys(members).length === 0) return encode(body)
  throw new BedrockError(
    'ValidationException',
    'body must be a string that holds the JSON text of the whole request, with no other member of the request beside it.',
  )
}

/**
 * Turns the members of an operation with a native body into headers. The header of an unknown member is derived from its name,
 * so that Bedrock can accept or refuse it.
 */
function toHeaders(
  members: Readonly<Record<string, unknown>>,
  known: Readonly<Record<string, string>>,
): Record<string, string> {
  const given = Object.entries(members).filter(([, value]) => value !== null)
  return Object.fromEntries(
    given.map(([member, value]) => {
      const header = Object.hasOwn(known, member) ? known[member] : undefined
      return [header ?? deriveHeader(member), headerText(member, value)]
    }),
  )
}

/**
 * Derives a header: `serviceTier` becomes `x-amzn-bedrock-service-tier`. As in Bedrock's headers, no hyphen stands before
 * Identifier and Version.
 */
function deriveHeader(member: string): string {
  if (!/^[a-z][A-Za-z0-9]*$/.test(member)) {
    throw new BedrockError('ValidationException', `${JSON.stringify(member)} is not the name of a member.`)
  }
  const words = member.replace(/(?!Identifier$|Version$)[A-Z]/g, '-$&')
  return `${BEDROCK_HEADER_PREFIX}${words.toLowerCase()}`
}

function isLabel(segment: string): boolean {
  return segment.startsWith('{')
}

function readTimeoutMs(seconds: unknown): string {
  if (typeof seconds === 'number' && seconds > 0) return String(Math.round(1000 * seconds))
  throw new BedrockError('ValidationException', 'requestTimeoutSeconds must be a number above 0.')
}

function toQuery(input: Record<string, unknown>): Record<string, string> {
  const given = Object.entries(input).filter(([, value]) => value !== undefined && value !== null)
  return Object.fromEntries(
    given.map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  )
}

/** Removes a member of the path from the input, so that it is not also in the body. */
function takeText(input: Record<string, unknown>, member: string): string {
  const value = input[member]
  if (typeof value !== 'string' || value === '') {
    throw new BedrockError('ValidationException', `${member} must be a non-empty string.`)
  }
  delete input[member]
  return value
}

/** @throws BedrockError ValidationException for a control character, which no header can hold */
function headerText(member: string, value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  // Headers take only ASCII. JSON can escape any other character.
  const ascii = text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  if (/^[\x20-\x7e]*$/.test(ascii)) return ascii
  throw new BedrockError('ValidationException', `${member} holds a control character.`)
}

function encode(document: unknown): Uint8Array {
  return Buffer.from(typeof document === 'string' ? document : JSON.stringify(document ?? {}))
}
