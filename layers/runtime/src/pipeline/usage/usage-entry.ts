import { randomUUID } from 'node:crypto'
import { BudgetError } from '../../core/budget-error.ts'
import { RestError } from '../../core/errors.ts'
import { ANONYMOUS } from '../../core/identity.ts'
import type { Facts, ModelCall, Usage } from '../../core/model-call.ts'
import type { Reservation } from './budget.ts'

/** Numbers that the ledger counts, beside the cost. */
export const COUNTS = [
  /** All calls, with those below. */
  'calls',
  /** Calls that were throttled, timed out, failed or broke off. */
  'errors',
  /** Calls that the response cache answered, for free. */
  'cached',
  /** Calls whose tokens are estimated: streams that ended before Bedrock stated them. */
  'estimated',
  /** Calls whose cost is unknown. They add no cost. */
  'unpriced',
  'inputTokens',
  'outputTokens',
  'cacheReadInputTokens',
  'cacheWriteInputTokens',
] as const

export type Counts = Readonly<Partial<Record<(typeof COUNTS)[number], number>>>

/** Usage that was read from the ledger. A count that the ledger does not have is 0. */
export type UsageRow = Required<Counts> & { readonly usd: number }

/** One or more calls of a caller, as the ledger adds them. It has no prompt and no answer. */
export interface UsageEntry {
  /** Id that is added only once. */
  readonly id: string
  readonly caller: string
  /** End of the call, in milliseconds since 1970. */
  readonly time: number
  readonly modelId: string
  readonly counts: Counts
  /** Cost in US dollars; null if it is unknown. */
  readonly usd: number | null
  /** Reservation that the true cost replaces. */
  readonly reserved?: Reservation
}

/** Outcome of a call, as the ledger counts it. */
export interface CountedCall {
  readonly usage?: Usage
  readonly usd: number | null
  readonly kind?: 'errors' | 'cached'
  readonly isEstimated?: boolean
}

/** @param facts facts of the call, with the model that was called */
export function toEntry(
  { caller = ANONYMOUS, modelId }: Pick<ModelCall, 'caller' | 'modelId'>,
  facts: Facts,
  { usage = {}, usd, kind, isEstimated = false }: CountedCall,
  reserved?: Reservation,
): UsageEntry {
  const { stopReason: _, ...tokens } = usage
  return {
    id: randomUUID(),
    caller,
    time: Date.now(),
    modelId: String(facts.modelId ?? modelId),
    counts: {
      calls: 1,
      ...(kind && { [kind]: 1 }),
      ...(isEstimated && { estimated: 1 }),
      ...(usd === null && { unpriced: 1 }),
      ...tokens,
    },
    usd,
    ...(reserved && { reserved }),
  }
}

/**
 * Tests whether the ledger counts a failure. It does not count refusals of a request (400, 403, 404): they are free, and
 * could name any number of models. It does not count those by a budget either.
 */
export function isCounted(error: unknown): boolean {
  if (!(error instanceof RestError) || error instanceof BudgetError) return false
  const { statusCode } = error
  return statusCode >= 500 || statusCode === 408 || statusCode === 424 || statusCode === 429
}
