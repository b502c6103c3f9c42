import { BedrockError } from './errors.ts'

/** Budget that is spent. */
export interface SpentBudget {
  readonly scope: 'caller' | 'stack'
  readonly period: 'day' | 'month'
  /** End of the period, in ISO 8601. */
  readonly resetsAt: string
  /** US dollars. The figures of the stack are absent, since they are those of other callers. */
  readonly limitUsd?: number
  readonly spentUsd?: number
  /** What is left without the calls in progress, and the highest cost of the call that was refused. */
  readonly leftUsd?: number
  readonly neededUsd?: number
}

/**
 * Wait in the header `retry-after` for clients of Bedrock's contract, in seconds. AWS SDKs would wait until the end of the
 * month.
 */
const RETRY_AFTER_SECONDS = 1

/** Refusal of a call since a budget is spent. A retry does not help before `budget.resetsAt`. */
export class BudgetError extends BedrockError {
  readonly budget: SpentBudget

  constructor(budget: SpentBudget) {
    super('ThrottlingException', `The budget ${describe(budget)}. It begins anew at ${budget.resetsAt}.`, {
      details: { budget },
      headers: { 'retry-after': String(RETRY_AFTER_SECONDS), 'x-should-retry': 'false' },
    })
    this.budget = budget
  }

  /** Seconds until the period ends, for clients that do not wait for it. */
  secondsLeft(now: number): string {
    return String(Math.max(1, Math.ceil((Date.parse(this.budget.resetsAt) - now) / 1000)))
  }
}

function describe({ scope, period, limitUsd, spentUsd, leftUsd, neededUsd }: SpentBudget): string {
  if (scope === 'stack') return `of this stack for this ${period} is spent`
  const budget = `of ${limitUsd} USD for this ${period}`
  if (neededUsd === undefined) return `${budget} is spent: ${spentUsd} USD`
  return `${budget} has ${leftUsd} USD left, and this call can cost up to ${neededUsd} USD`
}
