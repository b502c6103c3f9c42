import { BedrockError } from '../core/errors.ts'
import { type CallerUnit, readCaller } from '../core/identity.ts'
import { isObject } from './read-event.ts'
import type { FunctionRequest, Route } from './route.ts'

/**
 * An event from Step Functions, the CLI or another function: the operation's name and its input as AWS SDKs spell it,
 * e.g. `{"operation": "Converse", "modelId": "…", "messages": […]}`. InvokeModel's `body` is the native document itself.
 * A state machine that an API started hands on who called that, as `requestContext.identity` of API Gateway's own events;
 * whoever may invoke the function is believed. How long it waits for the answer is `requestTimeoutSeconds`, as
 * `x-request-timeout-ms` is over HTTP.
 *
 * @returns the request that the same call would be over HTTP
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
  const caller = readCaller(requestContext, callerUnit)
  const request = { method: route.method, segments, query: {}, source: 'direct', caller } as const
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (requestTimeoutSeconds !== undefined) headers['x-request-timeout-ms'] = toMilliseconds(requestTimeoutSeconds)
  if (route.method === 'GET') return { ...request, query: toQuery(input), headers: {}, body: new Uint8Array() }
  if (!route.headerMembers) {
    return { ...request, headers, body: encode(input) }
  }
  for (const [member, header] of Object.entries(route.headerMembers)) {
    if (input[member] !== undefined) headers[header] = headerText(member, input[member])
  }
  return { ...request, headers, body: encode(input.body) }
}

function isLabel(segment: string): boolean {
  return segment.startsWith('{')
}

function toMilliseconds(seconds: unknown): string {
  if (typeof seconds === 'number' && seconds > 0) return String(Math.round(1000 * seconds))
  throw new BedrockError('ValidationException', 'requestTimeoutSeconds must be a number above 0.')
}

function toQuery(input: Record<string, unknown>): Record<string, string> {
  const given = Object.entries(input).filter(([, value]) => value !== undefined && value !== null)
  return Object.fromEntries(
    given.map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  )
}

/** Takes a path member out of the input, so that it does not travel in the body too. */
function takeText(input: Record<string, unknown>, member: string): string {
  const value = input[member]
  if (typeof value !== 'string' || value === '') {
    throw new BedrockError('ValidationException', `${member} must be a non-empty string.`)
  }
  delete input[member]
  return value
}

/** @throws BedrockError ValidationException for what no header can hold */
function headerText(member: string, value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  // JSON may spell any character in ASCII, which is all that a header takes.
  const ascii = text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  if (/^[\x20-\x7e]*$/.test(ascii)) return ascii
  throw new BedrockError('ValidationException', `${member} holds a control character.`)
}

function encode(document: unknown): Uint8Array {
  return Buffer.from(typeof document === 'string' ? document : JSON.stringify(document ?? {}))
}
