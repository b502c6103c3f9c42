import { RestError } from '../../core/errors.ts'
import type { Facts, ModelCall } from '../../core/model-call.ts'
import { REPLY_HEADERS } from '../reply-headers.ts'

export interface FallbackOptions {
  /** Whether the suite retries; false where the caller does so by itself. */
  readonly retry: boolean
  /** The deadline of the whole call. */
  readonly signal: AbortSignal
  /** Milliseconds until the deadline. */
  readonly remainingMs: () => number
  /** Takes note of facts for the log. */
  readonly note: (facts: Facts) => void
}

/** The models that failed, each with its error: `amazon.nova-lite-v1:0: ThrottlingException`. */
export const FALLBACK_REPORT_HEADER = 'x-bedrock-functions-fallback'

/** No model answers in less: a call in so short a time would be paid for in vain. */
const MIN_CALL_MS = 1000

interface Failure {
  readonly modelId: string
  readonly error: RestError
}

/**
 * Calls one model after the other until one answers. The next is called only after a failure that is not the request's fault
 * and that another model may not have: throttling, unavailability, a timeout of the model. The `replyHeaders` of each call
 * name the model and those that failed before.
 *
 * @param calls the first choice first, alone where there is no other
 * @param send makes one of the calls: resolves to an answer, or to a stream whose first event has come. `retry` says whether
 *   the same model may be called again: only the last, since another stands behind each other
 * @throws the first model's error, since the caller asked for that model, with what became of the others; the deadline's
 *   error where that ended the call
 */
export async function callWithFallback<Answer>(
  calls: readonly ModelCall[],
  { retry, signal, remainingMs, note }: FallbackOptions,
  send: (call: ModelCall, retry: boolean) => Promise<Answer>,
): Promise<Answer> {
  const [first] = calls
  if (!first) throw new Error('there is no model to call')
  if (calls.length === 1) return send(first, retry)
  const failures: Failure[] = []
  for (const [index, call] of calls.entries()) {
    const isLast = index === calls.length - 1
    note({ modelId: call.modelId, ...describeForLog(failures) })
    const replyHeaders = { ...describeChoice(call, failures), ...call.replyHeaders }
    try {
      return await send({ ...call, replyHeaders }, retry && isLast)
    } catch (error) {
      if (!(error instanceof RestError)) throw error
      failures.push({ modelId: call.modelId, error })
      if (!isLast && !signal.aborted && allowsFallback(error) && remainingMs() >= MIN_CALL_MS) continue
      if (failures.length === 1) throw error
      note(describeForLog(failures))
      if (signal.aborted) throw withReport(error, failures)
      // The error is about the first model, and so are the log and the metrics.
      note({ modelId: first.modelId })
      throw describeFailures(failures)
    }
  }
  throw new Error('the last of the calls neither answered nor failed')
}

/** Throttling and unavailability by their status too, since a proxy may name them otherwise. */
function allowsFallback({ name, statusCode }: RestError): boolean {
  return FALLBACK_ERRORS.has(name) || statusCode === 429 || statusCode === 503
}

const FALLBACK_ERRORS = new Set([
  'ThrottlingException',
  'ServiceUnavailableException',
  'ModelNotReadyException',
  'ModelTimeoutException',
])

function describeChoice({ modelId }: ModelCall, failures: readonly Failure[]): Record<string, string> {
  return {
    [REPLY_HEADERS.model]: modelId,
    ...(failures.length > 0 && { [FALLBACK_REPORT_HEADER]: list(failures) }),
  }
}

function describeForLog(failures: readonly Failure[]): Facts {
  return failures.length > 0 ? { fallbacks: failures.length, fallback: list(failures) } : {}
}

function list(failures: readonly Failure[]): string {
  return failures.map(({ modelId, error }) => `${modelId}: ${error.name}`).join(', ')
}

function describeFailures(failures: readonly Failure[]): RestError {
  const [first, ...others] = failures as [Failure, ...Failure[]]
  const described = others.map(({ modelId, error }) => ` Fallback ${modelId}: ${error.name}, ${error.message}`)
  return withReport(first.error, failures, first.error.message + described.join(''))
}

function withReport(error: RestError, failures: readonly Failure[], message = error.message): RestError {
  const { name, statusCode, details, headers, cause } = error
  return new RestError(name, statusCode, message, {
    details,
    cause,
    headers: { ...headers, [FALLBACK_REPORT_HEADER]: list(failures) },
  })
}
