import type { CallerUnit } from './identity.ts'

/** Settings from the template's parameters, read once when a function starts. */
export interface Configuration {
  /** Models that callers may use: ids or ARNs, with `*` as a wildcard. `['*']` allows all. */
  readonly allowedModels: readonly string[]
  /** Origin whose pages may read answers in a browser, `*` for any; undefined for none. */
  readonly corsAllowOrigin: string | undefined
  /** Longest time for one unary call, in milliseconds. */
  readonly requestTimeoutMs: number
  /** Longest silence of a stream through API Gateway, in milliseconds. */
  readonly streamSilenceLimitMs: number
  /** Longest silence of a stream through the function URL, in milliseconds. */
  readonly functionUrlSilenceLimitMs: number
  /** Longest time to open a connection to Bedrock, in milliseconds. */
  readonly connectionTimeoutMs: number
  /** True if the log holds the messages of unexpected errors, which may quote prompts and answers. */
  readonly logErrorMessages: boolean
  /** Tries per call, for callers that do not retry themselves. 1 means no retry. */
  readonly maxAttempts: number
  /** Unit that counts as one caller. */
  readonly callerUnit: CallerUnit
  /** True if Bedrock's own doors for contracts of others may serve calls. */
  readonly bedrockDoors: boolean
  /** True if responses of OpenAI's contract are stored, unless their request declines. */
  readonly storesResponses: boolean
}

/** Additional settings of the functions for asynchronous jobs. */
export interface JobsConfiguration {
  /** Bucket of the jobs. */
  readonly bucket: string
  /** Start of the ARNs of jobs: `arn:<partition>:bedrock:<region>:<account>`. */
  readonly arnPrefix: string
  /** Output locations that callers may use in addition to the stack's bucket: `arn:aws:s3:::bucket/prefix/*`. */
  readonly outputLocations: readonly string[]
  /** Event bus for the events of jobs. */
  readonly eventBusName: string
  /** Tries of a job that is throttled or gets server errors. */
  readonly maxAttempts: number
  /** Age up to which a job is retried, in milliseconds. */
  readonly maxAgeMs: number
  /** Caller of jobs that events start, and of direct invocations that name no caller. */
  readonly eventCaller: string
  /** Model for plain text prompts, PDFs and images under inbox/. */
  readonly defaultModelId: string
  /** Prompt for a PDF or image under inbox/ that has no prompt of its own. */
  readonly inboxPrompt: string
  /** True if the log has the messages of failed jobs, which may quote prompts and answers. */
  readonly logErrorMessages: boolean
}

/** Wrong value of an environment variable. It is thrown while a function starts, so that every call fails at once. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
}

/**
 * Longest wait for a byte, in seconds. API Gateway ends a response after 5 minutes without a byte, and a unary call sends
 * none before its answer. 15 s remain for an error message.
 */
const API_GATEWAY_IDLE_LIMIT_SECONDS = 285

/** @throws ConfigurationError that names the variable */
export function readConfiguration(environment: Readonly<Record<string, string | undefined>>): Configuration {
  return {
    allowedModels: readList(environment, 'ALLOWED_MODELS', ['*']),
    corsAllowOrigin: environment.CORS_ALLOW_ORIGIN?.trim() || undefined,
    requestTimeoutMs:
      1000 * readNumber(environment, 'REQUEST_TIMEOUT_SECONDS', API_GATEWAY_IDLE_LIMIT_SECONDS, { min: 1, max: 899 }),
    streamSilenceLimitMs:
      1000 *
      readNumber(environment, 'STREAM_SILENCE_LIMIT_SECONDS', API_GATEWAY_IDLE_LIMIT_SECONDS, { min: 1, max: 285 }),
    functionUrlSilenceLimitMs:
      1000 * readNumber(environment, 'FUNCTION_URL_SILENCE_LIMIT_SECONDS', 600, { min: 1, max: 890 }),
    connectionTimeoutMs: readNumber(environment, 'CONNECTION_TIMEOUT_MS', 3000, { min: 100, max: 60_000 }),
    logErrorMessages: environment.LOG_ERROR_MESSAGES === 'true',
    maxAttempts: readNumber(environment, 'AWS_MAX_ATTEMPTS', 3, { min: 1, max: 10 }),
    callerUnit: environment.CALLER_UNIT === 'SESSION' ? 'SESSION' : 'ROLE',
    bedrockDoors: environment.BEDROCK_DOORS !== 'OFF',
    storesResponses: environment.STORED_RESPONSES !== 'OFF',
  }
}

/**
 * @returns undefined if the environment names no bucket for jobs, since the stack then has no jobs
 * @throws ConfigurationError that names the variable
 */
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
    maxAttempts: readNumber(environment, 'JOB_MAX_ATTEMPTS', 12, { min: 1, max: 100 }),
    maxAgeMs: 60_000 * readNumber(environment, 'JOB_MAX_AGE_MINUTES', 1440, { min: 1, max: 2880 }),
    eventCaller: environment.EVENT_CALLER || 'events',
    defaultModelId: environment.DEFAULT_MODEL_ID || 'global.anthropic.claude-sonnet-4-6',
    inboxPrompt: environment.INBOX_PROMPT || 'Describe and summarize this file.',
    logErrorMessages: environment.LOG_ERROR_MESSAGES === 'true',
  }
}

/** @throws ConfigurationError in a function that cannot work without a bucket */
export function requireJobs(configuration: JobsConfiguration | undefined): JobsConfiguration {
  if (configuration) return configuration
  throw new ConfigurationError('JOBS_BUCKET is missing')
}

function requireText(environment: Readonly<Record<string, string | undefined>>, name: string): string {
  const value = environment[name]
  if (value) return value
  throw new ConfigurationError(`${name} is missing`)
}

/** Reads a list. An empty value is an error: a list that a script left empty must not allow everything. */
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
  range: { min: number; max: number },
): number {
  const value = environment[name]?.trim()
  if (!value) return whenUnset
  const number = Number(value)
  if (!Number.isInteger(number) || number < range.min || number > range.max) {
    throw new ConfigurationError(`${name} is "${value}", it must be a whole number from ${range.min} to ${range.max}`)
  }
  return number
}
