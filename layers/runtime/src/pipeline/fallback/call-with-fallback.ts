import { RestError } from '../../core/errors.ts'
import type { ModelCall } from '../../core/model-call.ts'

export interface FallbackCall<Answer> {
  /** As a FallbackPlan gives them: the first choice first, one alone where there is no other. */
  readonly calls: readonly ModelCall[]
  /**
   * Makes one of the calls: an answer, or a stream that has begun with its first event.
   *
   * @param retry whether the same model may be called again; only the last one, since the others have someone behind them
   */
  send(call: ModelCall, retry: boolean): Promise<Answer>
  /** Whether the function retries; false where the caller does so by itself. */
  readonly retry: boolean
  /** The deadline of it all. */
  readonly signal: AbortSignal
  /** Milliseconds until then. */
  readonly remainingMs: () => number
}

/** The model that answered, where there was a choice. */
export const MODEL_HEADER = 'x-bedrock-functions-model'
/** The models that did not, each with its error: `amazon.nova-lite-v1:0: ThrottlingException`. */
export const FALLBACK_REPORT_HEADER = 'x-bedrock-functions-fallback'

/** No model answers in less, so that with less left a call would be paid for and never be heard. */
const LEAST_CALL_MS = 1000

interface Failure {
  readonly modelId: string
  readonly error: RestError
}

/**
 * Calls one model after the other until one answers. The next is called only for what is no fault of the request's and
 * may be otherwise at another model: throttling, unavailability, a timeout of the model. Each call's `replyHeaders` say
 * which model it is and which have failed before.
 *
 * @throws the first model's error, which is about the model that was asked for, with what became of the others; the
 *   deadline's where that ended it
 */
export async function callWithFallback<Answer>({
  calls,
  send,
  retry,
  signal,
  remainingMs,
}: FallbackCall<Answer>): Promise<Answer> {
  const [first] = calls
  if (!first) throw new Error('there is no model to call')
  if (calls.length === 1) return send(first, retry)
  const { facts } = first
  const failures: Failure[] = []
  for (const [index, call] of calls.entries()) {
    const isLast = index === calls.length - 1
    Object.assign(facts, call.facts, describeForLog(failures))
    const replyHeaders = { ...describeChoice(call, failures), ...call.replyHeaders }
    try {
      return await send({ ...call, facts, replyHeaders }, retry && isLast)
    } catch (error) {
      if (!(error instanceof RestError)) throw error
      failures.push({ modelId: call.modelId, error })
      if (!isLast && !signal.aborted && allowsFallback(error) && remainingMs() >= LEAST_CALL_MS) continue
      if (failures.length === 1) throw error
      Object.assign(facts, describeForLog(failures))
      if (signal.aborted) throw withReport(error, failures)
      // What is said is about the first, and so are the log and the metrics.
      facts.modelId = first.modelId
      throw tellFailures(failures)
    }
  }
  throw new Error('the last of the calls neither answered nor failed')
}

/** Throttling and unavailability by their status too, as what stands between may name them otherwise. */
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
    [MODEL_HEADER]: modelId,
    ...(failures.length > 0 && { [FALLBACK_REPORT_HEADER]: list(failures) }),
  }
}

function describeForLog(failures: readonly Failure[]): ModelCall['facts'] {
  return failures.length > 0 ? { fallbacks: failures.length, fallback: list(failures) } : {}
}

function list(failures: readonly Failure[]): string {
  return failures.map(({ modelId, error }) => `${modelId}: ${error.name}`).join(', ')
}

function tellFailures(failures: readonly Failure[]): RestError {
  const [first, ...others] = failures as [Failure, ...Failure[]]
  const told = others.map(({ modelId, error }) => ` Fallback ${modelId}: ${error.name}, ${error.message}`)
  return withReport(first.error, failures, first.error.message + told.join(''))
}

function withReport(error: RestError, failures: readonly Failure[], message = error.message): RestError {
  const { name, statusCode, details, headers, cause } = error
  return new RestError(name, statusCode, message, {
    details,
    cause,
    headers: { ...headers, [FALLBACK_REPORT_HEADER]: list(failures) },
  })
}
