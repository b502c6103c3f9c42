import { BedrockError, RestError } from '../../core/errors.ts'
import { type Facts, isConverse, type ModelCall } from '../../core/model-call.ts'
import { isModelAllowed } from '../../models/model-id.ts'
import { nativeFamily } from '../../models/model-rules.ts'
import { REPLY_HEADERS } from '../reply-headers.ts'
import { type FallbackChain, isModelName, MAX_FALLBACKS } from './fallback-chains.ts'

export interface FallbackOptions {
  /** True if the suite retries; false if the caller does. */
  readonly retry: boolean
  /** Deadline of the whole call. */
  readonly signal: AbortSignal
  /** Milliseconds until the deadline. */
  readonly remainingMs: () => number
  /** Adds facts for the log. */
  readonly note: (facts: Facts) => void
}

/** Header with the models that failed, each with its error: `amazon.nova-lite-v1:0: ThrottlingException`. */
export const FALLBACK_REPORT_HEADER = 'x-bedrock-functions-fallback'

/** Shortest time for a call. In less time no model answers, but the call could still be charged. */
const MIN_CALL_MS = 1000

interface Failure {
  readonly modelId: string
  readonly error: RestError
}

/**
 * Calls models in order until one answers. It calls the next model only after throttling, unavailability or a timeout of a
 * model. The `replyHeaders` of each call name the model and the models that failed before.
 *
 * @param calls calls in order; a single one has no fallback
 * @param send makes a call: resolves to an answer, or to a stream whose first event has come. `retry` says whether the same
 *   model may be called again, which is true only for the last model
 * @throws the first model's error, since the caller asked for that model, with the errors of the others in its message; the
 *   deadline's error if it ended the call
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
      // The error is the first model's, so the log and the metrics name that model.
      note({ modelId: first.modelId })
      throw describeFailures(failures)
    }
  }
  throw new Error('the last call neither answered nor failed')
}

/** Tests whether another model may succeed. The status also counts, since a proxy may use other error names. */
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

/** Header with a request's fallbacks: ids, ARNs or aliases in order, separated by commas; or `none`. */
export const FALLBACK_HEADER = 'x-model-fallback'

const NONE = 'none'

export interface FallbackPlan {
  /** Calls to make in order if the first model fails. Their models are resolved and allowed. */
  readonly calls: readonly ModelCall[]
  /** Model of the operator's chain that cannot answer this call, with the reason; for the log. */
  readonly leftOut?: string
}

/**
 * Plans the fallbacks of a call.
 *
 * @param asked call as the caller sent it
 * @param first the same call with its resolved and allowed model
 * @param resolve resolves the model of a call, and refuses a model that is not allowed
 * @throws BedrockError ValidationException, AccessDeniedException for a model that the request names
 */
export function planFallback(
  asked: ModelCall,
  first: ModelCall,
  resolve: (call: ModelCall) => ModelCall,
  chains: readonly FallbackChain[],
): FallbackPlan {
  const names = readFallbackHeader(asked.headers[FALLBACK_HEADER])
  if (names) return { calls: followRequest(asked, first, names, resolve) }
  const chain = findChain(chains, [asked.modelId, first.modelId])
  return chain ? followChain(asked, first, chain.fallbacks, resolve) : { calls: [] }
}

/** Tests whether a call has fallbacks: those that the request names, or else those of the operator's chains. */
export function hasFallback(
  { modelId, headers }: Pick<ModelCall, 'modelId' | 'headers'>,
  resolvedId: string,
  chains: readonly FallbackChain[],
): boolean {
  const names = readFallbackHeader(headers[FALLBACK_HEADER])
  return names ? names.length > 0 : findChain(chains, [modelId, resolvedId]) !== undefined
}

function followRequest(
  asked: ModelCall,
  first: ModelCall,
  names: readonly string[],
  resolve: (call: ModelCall) => ModelCall,
): ModelCall[] {
  const calls: ModelCall[] = []
  for (const modelId of names) {
    const next = resolve({ ...asked, modelId })
    checkFamily(first, next)
    if ([first, ...calls].some((earlier) => earlier.modelId === next.modelId)) {
      throw new BedrockError(
        'ValidationException',
        `${FALLBACK_HEADER} names ${modelId}, which is ${next.modelId}: that model is called already.`,
      )
    }
    calls.push(next)
  }
  return calls
}

/** Plans the operator's fallbacks. They apply to many calls, so a model that cannot answer this one is left out. */
function followChain(
  asked: ModelCall,
  first: ModelCall,
  names: readonly string[],
  resolve: (call: ModelCall) => ModelCall,
): FallbackPlan {
  const calls: ModelCall[] = []
  let leftOut: string | undefined
  for (const modelId of names) {
    try {
      const next = resolve({ ...asked, modelId })
      checkFamily(first, next)
      if (![first, ...calls].some((earlier) => earlier.modelId === next.modelId)) calls.push(next)
    } catch (error) {
      if (!(error instanceof RestError)) throw error
      leftOut = `${modelId}: ${error.name}`
    }
  }
  return { calls, ...(leftOut !== undefined && { leftOut }) }
}

/** Checks that the fallback reads the same body. Every model reads Converse, but a native body is of one family. */
function checkFamily({ operation, modelId }: ModelCall, fallback: ModelCall): void {
  if (isConverse(operation)) return
  const families = [nativeFamily(modelId), nativeFamily(fallback.modelId)] as const
  if (families.includes(undefined) || families[0] === families[1]) return
  throw new BedrockError(
    'ValidationException',
    `${FALLBACK_HEADER} names ${fallback.modelId}, which does not read the native body of ${modelId} (${families[1]}, not ${families[0]}): name a model of the same family, or call Converse.`,
  )
}

/**
 * Reads the models that a request names.
 *
 * @returns undefined without a header, so that the stack's chains apply; empty for `none`
 * @throws BedrockError ValidationException that names the header and the fault
 */
export function readFallbackHeader(value: string | undefined): readonly string[] | undefined {
  if (value === undefined) return undefined
  const names = value.split(',').map((name) => name.trim())
  if (names.length === 1 && names[0]?.toLowerCase() === NONE) return []
  if (names.length > MAX_FALLBACKS) {
    throw refusal(`names ${names.length} models, the limit is ${MAX_FALLBACKS}`)
  }
  for (const [index, name] of names.entries()) {
    if (!isModelName(name)) throw refusal(`holds "${name.slice(0, 100)}", which is not a model id, ARN or alias`)
    if (names.indexOf(name) !== index) throw refusal(`names ${name} twice`)
  }
  return names
}

function refusal(fact: string): BedrockError {
  return new BedrockError(
    'ValidationException',
    `${FALLBACK_HEADER} ${fact}. It lists up to ${MAX_FALLBACKS} models, separated by commas, or says ${NONE}.`,
  )
}

/** @param names names of the model: the caller's alias and the resolved id */
function findChain(chains: readonly FallbackChain[], names: readonly string[]): FallbackChain | undefined {
  return chains.find(({ pattern }) => names.some((name) => isModelAllowed(name, [pattern])))
}
