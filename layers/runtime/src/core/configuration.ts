import type { CallerUnit } from './identity.ts'

/** What the template's parameters decide. Read once, when a function starts. */
export interface Configuration {
  /** Models that callers may name: ids or ARNs, `*` for any run of characters. `['*']` allows all. */
  readonly allowedModels: readonly string[]
  /** Origin whose pages may read answers in a browser, `*` for any; undefined for none. */
  readonly corsAllowOrigin: string | undefined
  /** Longest time for one unary call, in milliseconds. */
  readonly requestTimeoutMs: number
  /** Longest silence of a stream through API Gateway that has begun, in milliseconds. */
  readonly streamSilenceLimitMs: number
  /** Longest silence of a stream through the function URL that has begun, in milliseconds. */
  readonly functionUrlSilenceLimitMs: number
  /** Longest time to open a connection to Bedrock, in milliseconds. */
  readonly connectionTimeoutMs: number
  /** Whether the log holds the messages of unexpected errors, which may quote prompts and answers. */
  readonly logErrorMessages: boolean
  /** Tries per call where the caller does not retry by itself. 1 means no retry. */
  readonly maxAttempts: number
  /** Whether all sessions of a role are one caller. */
  readonly callerUnit: CallerUnit
}

/** What the functions of asynchronous jobs know beside. */
export interface JobsConfiguration {
  /** The bucket that holds the jobs. */
  readonly bucket: string
  /** `arn:<partition>:bedrock:<region>:<account>`, with which the ARNs of jobs begin. */
  readonly arnPrefix: string
  /** Where callers may have outputs written beside the stack's bucket: `arn:aws:s3:::bucket/prefix/*`. */
  readonly outputLocations: readonly string[]
  /** The bus for the events of jobs. */
  readonly eventBusName: string
  /** Tries of a job that is throttled or meets server errors. */
  readonly maxAttempts: number
  /** Age up to which a job is tried again, in milliseconds. */
  readonly maxAgeMs: number
  /** The identity of what events start, and of direct invocations that name no caller. */
  readonly eventCaller: string
  /** The model of a prompt that comes as plain text. */
  readonly defaultModelId: string
  /** What is asked of a PDF or image that is dropped without a prompt of its own. */
  readonly inboxPrompt: string
}

/** A wrong environment variable. Thrown while a function starts, so that a deploy fails loudly and not call by call. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
}

/**
 * API Gateway ends a response stream after 5 minutes without a byte, and a unary call sends none until it has its answer;
 * 15 s less leaves time to say so.
 */
const API_GATEWAY_IDLE_LIMIT_SECONDS = 285

export function readConfiguration(environment: Readonly<Record<string, string | undefined>>): Configuration {
  return {
    allowedModels: readList(environment, 'ALLOWED_MODELS', ['*']),
    corsAllowOrigin: environment.CORS_ALLOW_ORIGIN?.trim() || undefined,
    requestTimeoutMs:
      1000 *
      readNumber(environment, 'REQUEST_TIMEOUT_SECONDS', API_GATEWAY_IDLE_LIMIT_SECONDS, { least: 1, most: 899 }),
    streamSilenceLimitMs:
      1000 *
      readNumber(environment, 'STREAM_SILENCE_LIMIT_SECONDS', API_GATEWAY_IDLE_LIMIT_SECONDS, { least: 1, most: 285 }),
    functionUrlSilenceLimitMs:
      1000 * readNumber(environment, 'FUNCTION_URL_SILENCE_LIMIT_SECONDS', 600, { least: 1, most: 890 }),
    connectionTimeoutMs: readNumber(environment, 'CONNECTION_TIMEOUT_MS', 3000, { least: 100, most: 60_000 }),
    logErrorMessages: environment.LOG_ERROR_MESSAGES === 'true',
    maxAttempts: readNumber(environment, 'AWS_MAX_ATTEMPTS', 3, { least: 1, most: 10 }),
    callerUnit: environment.CALLER_UNIT === 'SESSION' ? 'SESSION' : 'ROLE',
  }
}

/** @returns undefined where the environment names no bucket for jobs: then there are none */
export function readJobsConfiguration(
  environment: Readonly<Record<string, string | undefined>>,
): JobsConfiguration | undefined {
  const bucket = environment.JOBS_BUCKET
  if (!bucket) return undefined
  return {
    bucket,
    arnPrefix: requireText(environment, 'BEDROCK_ARN_PREFIX'),
    outputLocations: environment.OUTPUT_LOCATIONS ? readList(environment, 'OUTPUT_LOCATIONS', []) : [],
    eventBusName: environment.EVENT_BUS_NAME || 'default',
    maxAttempts: readNumber(environment, 'JOB_MAX_ATTEMPTS', 12, { least: 1, most: 100 }),
    maxAgeMs: 60_000 * readNumber(environment, 'JOB_MAX_AGE_MINUTES', 1440, { least: 1, most: 2880 }),
    eventCaller: environment.EVENT_CALLER || 'events',
    defaultModelId: environment.DEFAULT_MODEL_ID || 'global.anthropic.claude-sonnet-4-6',
    inboxPrompt: environment.INBOX_PROMPT || 'Describe and summarize this file.',
  }
}

/** For functions that are nothing without a bucket. */
export function requireJobs(configuration: JobsConfiguration | undefined): JobsConfiguration {
  if (configuration) return configuration
  throw new ConfigurationError('JOBS_BUCKET is missing')
}

function requireText(environment: Readonly<Record<string, string | undefined>>, name: string): string {
  const value = environment[name]
  if (value) return value
  throw new ConfigurationError(`${name} is missing`)
}

/** Set but empty is an error and not everything: a list that a script left empty must not open the stack. */
function readList(
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
  whenUnset: string[],
): string[] {
  const value = environment[name]
  if (value === undefined) return whenUnset
  const items = value.split(',').map((item) => item.trim())
  const wrong = items.find((item) => item === '' || /\s/.test(item))
  if (wrong === undefined) return items
  const why = wrong === '' ? 'an item is empty' : `"${wrong}" holds white space, items are separated by commas`
  throw new ConfigurationError(`${name} is "${value}": ${why}`)
}

function readNumber(
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
  whenUnset: number,
  range: { least: number; most: number },
): number {
  const value = environment[name]?.trim()
  if (!value) return whenUnset
  const number = Number(value)
  if (!Number.isInteger(number) || number < range.least || number > range.most) {
    throw new ConfigurationError(
      `${name} is "${value}", it must be a whole number from ${range.least} to ${range.most}`,
    )
  }
  return number
}
