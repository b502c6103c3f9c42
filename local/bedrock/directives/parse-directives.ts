import { BEDROCK_ERROR_STATUS, type BedrockErrorType, isBedrockErrorType } from '@bedrock-functions/runtime/core'
import { validationError } from '../messages.ts'
import type { JsonObject } from '../shapes/json.ts'
import { parseJsonObject } from '../shapes/parse-json.ts'
import { findDirectives } from './find-directives.ts'
import { findStreamException, STREAM_EXCEPTIONS, type StreamException } from './stream-exceptions.ts'

/** Directives of a request, written into its prompt. */
export interface Directives extends StreamFaults, InvocationDirectives {
  /** Number of attempts of this request that are throttled before one succeeds. */
  readonly throttle?: number
  readonly error?: BedrockErrorType
  /** Milliseconds of silence before the answer. */
  readonly stall?: number
  /** Output tokens. */
  readonly tokens?: number
  /** Output tokens per second. */
  readonly rate?: number
  readonly say?: string
  /** Tool to use, with the input from its schema unless there is one. */
  readonly tool?: { readonly name: string; readonly input?: JsonObject }
  /** Deltas of each signature in a stream. */
  readonly signatures?: number
  /** Limits all directives to models whose id contains this text. */
  readonly for?: string
}

/** Outcome of an asynchronous invocation after its start. */
export interface InvocationDirectives {
  /** Milliseconds in progress. */
  readonly lasts?: number
  /** Failure message, when it fails. */
  readonly fail?: string
}

/** Faults of a stream, each after a number of events. */
export interface StreamFaults {
  readonly exception?: { readonly type: StreamException; readonly after: number }
  /** The connection is reset. */
  readonly reset?: { readonly after: number }
  /** The body ends as if it were whole. */
  readonly end?: { readonly after: number }
  readonly silence?: { readonly durationMs: number; readonly after: number }
  /** The next frame's checksum is wrong. */
  readonly badcrc?: { readonly after: number }
}

export const STREAM_FAULTS = [
  'exception',
  'reset',
  'end',
  'silence',
  'badcrc',
] as const satisfies (keyof StreamFaults)[]

export const INVOCATION_DIRECTIVES = ['lasts', 'fail'] as const satisfies (keyof InvocationDirectives)[]

const MAX_SILENCE_MS = 3_600_000

const MAX_INVOCATION_MS = 86_400_000

/** Source: the service model, AsyncInvokeMessage. */
const MAX_FAILURE_CHARACTERS = 2_048

/** Limit of a stream. An answer in memory has a lower one, {@link MAX_WHOLE_TOKENS}. */
const MAX_TOKENS = 100_000_000

export const MAX_WHOLE_TOKENS = 1_000_000

const READERS: { readonly [Name in keyof Directives]-?: (value: string) => NonNullable<Directives[Name]> } = {
  throttle: (value) => readInteger('throttle', value, 0, 1_000_000),
  error: readErrorType,
  stall: (value) => readInteger('stall', value, 0, MAX_SILENCE_MS),
  tokens: (value) => readInteger('tokens', value, 1, MAX_TOKENS),
  rate: readRate,
  say: (value) => value,
  tool: readTool,
  signatures: (value) => readInteger('signatures', value, 1, 100),
  for: (value) => value,
  exception: readException,
  reset: (value) => readPosition('reset', value),
  end: (value) => readPosition('end', value),
  silence: readSilence,
  badcrc: (value) => readPosition('badcrc', value),
  lasts: (value) => readInteger('lasts', value, 0, MAX_INVOCATION_MS),
  fail: readFailure,
}

/** Parses the directives in `text`; the last of several with one name counts. ValidationException names an invalid one. */
export function parseDirectives(text: string): Directives {
  return readDirectiveEntries(findDirectives(text).map(({ name, value }) => [name, value]))
}

/** Reads directives by name. ValidationException names an invalid one. */
export function readDirectiveEntries(entries: readonly (readonly [string, string | undefined])[]): Directives {
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (!isDirective(name)) {
        throw validationError(
          `Unknown directive [emulator:${name.slice(0, 50)}]. Known: ${Object.keys(READERS).join(', ')}.`,
        )
      }
      if (value === undefined) throw validationError(`The directive [emulator:${name}=…] has no value.`)
      return [name, READERS[name](value)]
    }),
  )
}

function isDirective(name: string): name is keyof Directives {
  return Object.hasOwn(READERS, name)
}

function readInteger(name: string, value: string, minimum: number, maximum: number): number {
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
  if (number >= minimum && number <= maximum) return number
  throw unreadable(name, value, `needs an integer from ${minimum} to ${maximum}`)
}

function readTool(value: string): NonNullable<Directives['tool']> {
  const [, name = '', text = ''] = /^\s*([^\s{]*)\s*(.*)$/s.exec(value) ?? []
  if (name === '') throw unreadable('tool', value, 'needs the name of a tool')
  if (text === '') return { name }
  try {
    return { name, input: parseJsonObject(Buffer.from(text)) }
  } catch {
    throw unreadable('tool', value, 'needs a JSON object after the name of the tool')
  }
}

function readFailure(value: string): string {
  if (value.length <= MAX_FAILURE_CHARACTERS) return value
  throw unreadable('fail', value, `has ${value.length} characters, the limit is ${MAX_FAILURE_CHARACTERS}`)
}

function readRate(value: string): number {
  const rate = /^\d{1,7}(\.\d{1,6})?$/.test(value) ? Number(value) : 0
  if (rate > 0) return rate
  throw unreadable('rate', value, 'needs a positive number of tokens a second')
}

function readErrorType(value: string): BedrockErrorType {
  if (isBedrockErrorType(value)) return value
  const known = Object.keys(BEDROCK_ERROR_STATUS).join(', ')
  throw unreadable('error', value, `names no error of Bedrock. Known: ${known}`)
}

function readException(value: string): NonNullable<StreamFaults['exception']> {
  const { argument, after } = splitPosition('exception', value)
  const type = findStreamException(argument)
  if (type) return { type, after }
  throw unreadable('exception', value, `names no exception of a stream. Known: ${STREAM_EXCEPTIONS.join(', ')}`)
}

function readSilence(value: string): NonNullable<StreamFaults['silence']> {
  const { argument, after } = splitPosition('silence', value)
  return { durationMs: readInteger('silence', argument, 0, MAX_SILENCE_MS), after }
}

function readPosition(name: string, value: string): { after: number } {
  const { argument, after } = splitPosition(name, value)
  if (argument === '') return { after }
  throw unreadable(name, value, `has no value but a position, as in [emulator:${name}@3]`)
}

/** Parses `VALUE@K`, a fault and its number of events. */
function splitPosition(name: string, value: string): { argument: string; after: number } {
  const [, argument, after] = /^([^@]*)@(\d{1,9})$/.exec(value) ?? []
  if (argument !== undefined && after !== undefined) return { argument, after: Number(after) }
  throw unreadable(name, value, 'needs to say after how many events, from 0 to 999999999, as in @3')
}

function unreadable(name: string, value: string, fact: string): Error {
  const written = value.startsWith('@') ? value : `=${value}`
  return validationError(`The directive [emulator:${name}${written.slice(0, 51)}] ${fact}.`)
}
