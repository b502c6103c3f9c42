import { BEDROCK_ERROR_STATUS, type BedrockErrorType, isBedrockErrorType } from '@bedrock-functions/runtime/errors'
import { validationError } from '../messages.ts'
import { findDirectives } from './find-directives.ts'

/** How a request asks the emulator to behave, written into the prompt itself. */
export interface Directives {
  /** How many tries of this request are throttled before one succeeds. */
  readonly throttle?: number
  readonly error?: BedrockErrorType
  /** Milliseconds of silence before the answer. */
  readonly stall?: number
  /** Output tokens. */
  readonly tokens?: number
  /** Output tokens per second. */
  readonly rate?: number
  readonly say?: string
}

const LONGEST_STALL_MILLISECONDS = 3_600_000
const MOST_TOKENS = 1_000_000

const READERS: { readonly [Name in keyof Directives]-?: (value: string) => NonNullable<Directives[Name]> } = {
  throttle: (value) => readInteger('throttle', value, 0, 1_000_000),
  error: readErrorType,
  stall: (value) => readInteger('stall', value, 0, LONGEST_STALL_MILLISECONDS),
  tokens: (value) => readInteger('tokens', value, 1, MOST_TOKENS),
  rate: readRate,
  say: (value) => value,
}

/** The directives in `text`; of one given twice the last counts. ValidationException names the one it cannot read. */
export function parseDirectives(text: string): Directives {
  return Object.fromEntries(
    findDirectives(text).map(({ name, value }) => {
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
  throw validationError(
    `The directive [emulator:${name}=${value.slice(0, 50)}] needs an integer from ${minimum} to ${maximum}.`,
  )
}

function readRate(value: string): number {
  const rate = /^\d{1,7}(\.\d{1,6})?$/.test(value) ? Number(value) : 0
  if (rate > 0) return rate
  throw validationError(
    `The directive [emulator:rate=${value.slice(0, 50)}] needs a positive number of tokens a second.`,
  )
}

function readErrorType(value: string): BedrockErrorType {
  if (isBedrockErrorType(value)) return value
  throw validationError(
    `The directive [emulator:error=${value.slice(0, 50)}] names no error of Bedrock. Known: ${Object.keys(BEDROCK_ERROR_STATUS).join(', ')}.`,
  )
}
