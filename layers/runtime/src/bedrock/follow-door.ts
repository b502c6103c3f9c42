import type { DetailedUsage, DoorOperation } from '../core/model-call.ts'
import type { Frame } from '../event-stream/frames.ts'
import { asObject, parseObject } from '../json/json-document.ts'
import { readNativeUsage, type StreamProgress } from './read-usage.ts'

/** Error types of Anthropic and OpenAI by the name of Bedrock's error. */
const ERROR_NAMES: Readonly<Record<string, string>> = {
  api_error: 'InternalServerException',
  authentication_error: 'AccessDeniedException',
  insufficient_quota: 'ThrottlingException',
  invalid_request_error: 'ValidationException',
  not_found_error: 'ResourceNotFoundException',
  overloaded_error: 'ServiceUnavailableException',
  permission_error: 'AccessDeniedException',
  rate_limit_error: 'ThrottlingException',
  request_too_large: 'ValidationException',
  server_error: 'InternalServerException',
  timeout_error: 'ModelTimeoutException',
}

/** Error of another contract, as Bedrock's. */
export interface DoorError {
  readonly name: string
  readonly message: string
}

/**
 * Reads the error in a body or an event of Anthropic's or OpenAI's contract: `{"error": {"type", "message"}}`, or an event
 * `response.failed` or `error` of the Responses API.
 *
 * @returns undefined for a document without an error
 */
export function readDoorError(payload: Uint8Array): DoorError | undefined {
  const document = parseObject(payload)
  const { error } = { ...asObject(document.response), ...document }
  const { type, code, message } = { ...(document.type === 'error' && document), ...asObject(error) }
  if (error === undefined && document.type !== 'error') return undefined
  if (error === null) return undefined
  const name = [type, code].map((key) => ERROR_NAMES[String(key)]).find((found) => found !== undefined)
  return { name: name ?? 'ModelStreamErrorException', message: typeof message === 'string' ? message : '' }
}

interface Follower {
  readonly endMarker: string
  /** Tests whether an event is the last of a stream that went well. */
  isLast(payload: Buffer, type: string): boolean
  /** Reads the usage in an event, if it has one. */
  readUsage(document: ReturnType<typeof parseObject>): DetailedUsage
}

const RESPONSE_ENDS = new Set(['response.completed', 'response.incomplete'])

const FOLLOWERS: Readonly<Record<DoorOperation, Follower>> = {
  AnthropicMessages: {
    endMarker: 'message_stop',
    isLast: (_, type) => type === 'message_stop',
    readUsage: (document) => ({
      ...readNativeUsage(asObject(document.message)),
      ...readNativeUsage(document),
      ...readStop(asObject(document.delta).stop_reason),
    }),
  },
  OpenAIChatCompletions: {
    endMarker: '[DONE]',
    isLast: (payload) => payload.equals(DONE),
    readUsage: (document) => readNativeUsage(document),
  },
  OpenAIResponses: {
    endMarker: 'response.completed',
    isLast: (_, type) => RESPONSE_ENDS.has(type),
    readUsage: ({ response }) => readNativeUsage(asObject(response)),
  },
}

const DONE = Buffer.from('[DONE]')

/** Tests whether an event is the last of a stream of any contract that went well. */
export function isLastDoorEvent({ headers, payload }: Pick<Frame, 'headers' | 'payload'>): boolean {
  const type = headers.toString('latin1')
  return Object.values(FOLLOWERS).some(({ isLast }) => isLast(payload, type))
}

function readStop(reason: unknown): DetailedUsage {
  return typeof reason === 'string' ? { stopReason: reason } : {}
}

/** Events that may hold a usage or an error: the others are not parsed. */
const PARSED = [Buffer.from('"usage"'), Buffer.from('"error"')]

/** Follows a stream of one of Bedrock's own doors. */
export function followDoor(operation: DoorOperation): StreamProgress {
  const { endMarker, isLast, readUsage } = FOLLOWERS[operation]
  let begun = false
  let complete = false
  let usage: DetailedUsage = {}
  let usageFrame: Frame | undefined
  return {
    endMarker,
    get begun() {
      return begun
    },
    get complete() {
      return complete
    },
    get usage() {
      return usage
    },
    get usageFrame() {
      return usageFrame
    },
    observe(frame) {
      const { payload } = frame
      const type = frame.headers.toString('latin1')
      if (type === 'content_block_delta' || type.endsWith('.delta') || type === '') begun = true
      complete ||= isLast(payload, type)
      if (!PARSED.some((name) => payload.includes(name))) return undefined
      const failure = readDoorError(payload)
      if (failure) return { type: failure.name }
      const added = readUsage(parseObject(payload))
      if (Object.keys(added).length > 0) {
        usage = { ...usage, ...added }
        usageFrame = frame
      }
      return undefined
    },
  }
}
