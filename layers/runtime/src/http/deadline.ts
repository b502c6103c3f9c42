import { BedrockError } from '../core/errors.ts'
import type { FunctionRequest } from './route.ts'

/** Longest time reserved for answer, log and metrics after a call has ended. */
const MAX_RESERVE_MS = 500

/** Subtracts the reserve from a limit: a tenth, but at most {@link MAX_RESERVE_MS}. */
export function withoutReserve(limitMs: number): number {
  return limitMs - Math.min(MAX_RESERVE_MS, Math.max(0, limitMs) / 10)
}

export interface DeadlineLimits {
  /** Milliseconds until Lambda ends the invocation. */
  readonly lambdaRemainingMs: number
  /** Operator's limit for a call, in milliseconds. */
  readonly requestTimeoutMs: number
  /** Milliseconds since 1970. */
  readonly now: number
}

export interface Deadline {
  readonly afterMs: number
  /** Description of the limit, for the message. */
  readonly limit: string
}

/**
 * Finds the earliest limit of a call: the operator's, Lambda's, or the caller's. Clients send their limit in
 * `amz-sdk-request` (ttl; AWS SDKs) or `x-stainless-timeout` (seconds; Anthropic SDK). Callers may set it in
 * `x-request-timeout-ms`.
 *
 * @throws BedrockError ValidationException for an `x-request-timeout-ms` that is not a positive whole number
 */
export function findDeadline(request: FunctionRequest, limits: DeadlineLimits): Deadline {
  const { requestTimeoutMs, lambdaRemainingMs, now } = limits
  const candidates: Deadline[] = [
    { afterMs: requestTimeoutMs, limit: `the stack's RequestTimeoutSeconds, ${requestTimeoutMs / 1000} s` },
    { afterMs: withoutReserve(lambdaRemainingMs), limit: "the function's own time limit" },
    ...readCallerDeadlines(request.headers, now),
  ]
  return candidates.reduce((first, candidate) => (candidate.afterMs < first.afterMs ? candidate : first))
}

function readCallerDeadlines(headers: FunctionRequest['headers'], now: number): Deadline[] {
  const found: Deadline[] = []
  const add = (limitMs: number, header: string) =>
    found.push({ afterMs: withoutReserve(limitMs), limit: `the caller's ${header}, ${Math.round(limitMs)} ms` })
  const ttl = /(?:^|[;\s])ttl=(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(headers['amz-sdk-request'] ?? '')
  if (ttl) {
    const [year = 0, month = 0, ...rest] = ttl.slice(1).map(Number)
    add(Date.UTC(year, month - 1, ...rest) - now, 'amz-sdk-request')
  }
  // Other values of this client's header have no known meaning and are ignored.
  const stainless = Number(headers['x-stainless-timeout'] ?? Number.NaN)
  if (stainless > 0) add(1000 * stainless, 'x-stainless-timeout')
  const own = headers['x-request-timeout-ms']
  if (own !== undefined) add(readOwnTimeout(own), 'x-request-timeout-ms')
  return found
}

function readOwnTimeout(value: string): number {
  const timeoutMs = Number(value)
  if (Number.isInteger(timeoutMs) && timeoutMs > 0) return timeoutMs
  throw new BedrockError(
    'ValidationException',
    `x-request-timeout-ms is "${value}": it must be a whole number of milliseconds, 1 or more.`,
  )
}

/**
 * Starts the timer of a call. At the deadline, the signal's reason is ModelTimeoutException, which clients do not retry.
 *
 * @throws BedrockError ModelTimeoutException for a deadline that has passed: the call is not made
 */
export function startDeadline({ afterMs, limit }: Deadline): {
  signal: AbortSignal
  /** Milliseconds until the deadline. */
  remainingMs(): number
  stop(): void
} {
  const expired = () =>
    new BedrockError('ModelTimeoutException', `The model did not answer in time: the limit is ${limit}.`)
  if (afterMs <= 0) throw expired()
  const end = performance.now() + afterMs
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(expired()), afterMs)
  return {
    signal: controller.signal,
    remainingMs: () => end - performance.now(),
    stop: () => clearTimeout(timer),
  }
}

/** Caller's preference for an asynchronous answer. Source: RFC 7240, sections 4.1 (respond-async) and 4.3 (wait). */
export interface AsyncPreference {
  /** Time that the caller waits for the answer, in milliseconds. */
  readonly waitMs: number
}

/** @returns undefined for a `Prefer` header without `respond-async` */
export function readPreference(prefer: string | undefined): AsyncPreference | undefined {
  const preferences = (prefer ?? '').split(/[,;]/).map((preference) => preference.trim().toLowerCase())
  if (!preferences.includes('respond-async')) return undefined
  const wait = preferences.map((preference) => /^wait\s*=\s*"?(\d+)"?$/.exec(preference)?.[1]).find(Boolean)
  return { waitMs: 1000 * Number(wait ?? 0) }
}
