import { BedrockError } from '../errors/index.ts'
import type { FunctionRequest } from './request.ts'

/** What must still happen after a call was ended: the answer, log and metrics. */
export const RESERVE_MS = 500

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
  /** Whose limit it is, for the message. */
  readonly limit: string
}

/**
 * The first of the limits that would otherwise end the call without an answer. Callers tell theirs in headers that their
 * clients send by themselves: `amz-sdk-request` (ttl; AWS SDKs), `x-stainless-timeout` (seconds; the Anthropic SDK), or
 * in `x-request-timeout-ms`.
 */
export function findDeadline(request: FunctionRequest, limits: DeadlineLimits): Deadline {
  const candidates: Deadline[] = [
    { afterMs: limits.requestTimeoutMs, limit: "the stack's RequestTimeoutSeconds" },
    { afterMs: limits.lambdaRemainingMs - RESERVE_MS, limit: "the function's own time limit" },
    ...readCallersDeadlines(request.headers, limits.now),
  ]
  return candidates.reduce((first, candidate) => (candidate.afterMs < first.afterMs ? candidate : first))
}

function readCallersDeadlines(headers: FunctionRequest['headers'], now: number): Deadline[] {
  const found: Deadline[] = []
  const add = (afterMs: number, header: string) => {
    if (Number.isFinite(afterMs)) found.push({ afterMs: afterMs - RESERVE_MS, limit: `the caller's ${header}` })
  }
  const ttl = /(?:^|[;\s])ttl=(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(headers['amz-sdk-request'] ?? '')
  if (ttl) {
    const [year = 0, month = 0, ...rest] = ttl.slice(1).map(Number)
    add(Date.UTC(year, month - 1, ...rest) - now, 'amz-sdk-request')
  }
  add(1000 * Number(headers['x-stainless-timeout'] ?? Number.NaN), 'x-stainless-timeout')
  add(Number(headers['x-request-timeout-ms'] ?? Number.NaN), 'x-request-timeout-ms')
  return found
}

/**
 * Ends a call at its deadline with ModelTimeoutException, which AWS SDKs do not repeat. The Anthropic SDK would, and heeds
 * `x-should-retry`: the first call may have been paid for.
 */
export function startDeadline({ afterMs, limit }: Deadline): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController()
  const expire = () =>
    controller.abort(
      new BedrockError(
        'ModelTimeoutException',
        `The model did not answer within ${Math.max(0, Math.round(afterMs))} ms, the limit set by ${limit}.`,
        { headers: { 'x-should-retry': 'false' } },
      ),
    )
  const timer = setTimeout(expire, Math.max(0, afterMs))
  return { signal: controller.signal, stop: () => clearTimeout(timer) }
}
