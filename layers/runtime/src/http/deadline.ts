import { BedrockError } from '../core/errors.ts'
import type { FunctionRequest } from './route.ts'

/** What must still happen after a call was ended: the answer, log and metrics. A tenth of a short limit is enough, too. */
const MOST_RESERVE_MS = 500

export function withoutReserve(limitMs: number): number {
  return limitMs - Math.min(MOST_RESERVE_MS, Math.max(0, limitMs) / 10)
}

export interface DeadlineLimits {
  /** Milliseconds until Lambda ends the invocation. */
  readonly lambdaRemainingMs: number
  /** The operator's limit for a call, in milliseconds. */
  readonly requestTimeoutMs: number
  /** Milliseconds since 1970. */
  readonly now: number
}

export interface Deadline {
  readonly afterMs: number
  /** Whose limit it is and which, for the message. */
  readonly limit: string
}

/**
 * The first of the limits that would otherwise end the call without an answer. Callers tell theirs in headers that their
 * clients send by themselves: `amz-sdk-request` (ttl; AWS SDKs), `x-stainless-timeout` (seconds; the Anthropic SDK), or
 * in `x-request-timeout-ms`.
 *
 * @throws BedrockError ValidationException for an `x-request-timeout-ms` that is no number of milliseconds
 */
export function findDeadline(request: FunctionRequest, limits: DeadlineLimits): Deadline {
  const { requestTimeoutMs, lambdaRemainingMs, now } = limits
  const candidates: Deadline[] = [
    { afterMs: requestTimeoutMs, limit: `the stack's RequestTimeoutSeconds, ${requestTimeoutMs / 1000} s` },
    { afterMs: withoutReserve(lambdaRemainingMs), limit: "the function's own time limit" },
    ...readCallersDeadlines(request.headers, now),
  ]
  return candidates.reduce((first, candidate) => (candidate.afterMs < first.afterMs ? candidate : first))
}

function readCallersDeadlines(headers: FunctionRequest['headers'], now: number): Deadline[] {
  const found: Deadline[] = []
  const add = (limitMs: number, header: string) =>
    found.push({ afterMs: withoutReserve(limitMs), limit: `the caller's ${header}, ${Math.round(limitMs)} ms` })
  const ttl = /(?:^|[;\s])ttl=(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(headers['amz-sdk-request'] ?? '')
  if (ttl) {
    const [year = 0, month = 0, ...rest] = ttl.slice(1).map(Number)
    add(Date.UTC(year, month - 1, ...rest) - now, 'amz-sdk-request')
  }
  // Another's header: what it means when it is no positive number is for that client to know.
  const stainless = Number(headers['x-stainless-timeout'] ?? Number.NaN)
  if (stainless > 0) add(1000 * stainless, 'x-stainless-timeout')
  const own = headers['x-request-timeout-ms']
  if (own !== undefined) add(readOwnTimeout(own), 'x-request-timeout-ms')
  return found
}

function readOwnTimeout(value: string): number {
  const milliseconds = Number(value)
  if (Number.isInteger(milliseconds) && milliseconds > 0) return milliseconds
  throw new BedrockError(
    'ValidationException',
    `x-request-timeout-ms is "${value}": it must be a whole number of milliseconds, 1 or more.`,
  )
}

/**
 * Ends a call at its deadline with ModelTimeoutException, which clients do not repeat.
 *
 * @throws that error at once for a deadline that has passed: a call that nobody waits for is not made
 */
export function startDeadline({ afterMs, limit }: Deadline): {
  signal: AbortSignal
  /** Milliseconds until then. */
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

/** A caller's preference. Source: RFC 7240, sections 4.1 (respond-async) and 4.3 (wait). */
export interface AsyncPreference {
  /** Milliseconds that the caller is ready to wait for the answer. */
  readonly waitMs: number
}

/** @returns undefined for a `Prefer` header without `respond-async` */
export function readPreference(prefer: string | undefined): AsyncPreference | undefined {
  const preferences = (prefer ?? '').split(/[,;]/).map((preference) => preference.trim().toLowerCase())
  if (!preferences.includes('respond-async')) return undefined
  const wait = preferences.map((preference) => /^wait\s*=\s*"?(\d+)"?$/.exec(preference)?.[1]).find(Boolean)
  return { waitMs: 1000 * Number(wait ?? 0) }
}
