import { matchesCaller } from '../caller-projects.ts'

/** Limits of what a caller, or the stack, may spend. */
export interface Budget {
  /** `stack`, or a pattern of callers, as in CALLER_PROJECTS. Each caller that matches has the budget for itself. */
  readonly of: string
  /** US dollars. */
  readonly perDay?: number
  readonly perMonth?: number
  /** True if models without a known price may be called. Their calls add no cost. */
  readonly allowsUnpriced: boolean
}

/** Name of the budget of all callers together. */
export const STACK = 'stack'

/** Finds the budget of a caller: an exact name before a pattern, and a longer pattern before a shorter one. */
export function findBudget(caller: string, budgets: readonly Budget[]): Budget | undefined {
  const [found] = budgets
    .filter((budget) => budget.of !== STACK && matchesCaller(caller, budget.of))
    .toSorted((a, b) => rankOf(b) - rankOf(a))
  return found
}

function rankOf({ of }: Budget): number {
  return of.includes('*') ? of.length : Number.POSITIVE_INFINITY
}

/** What was spent in a day and in its month, in US dollars. */
export interface Spent {
  readonly day: number
  readonly month: number
}

/** Highest cost of a call, held back from the budget of its caller until the true cost is known. */
export interface Reservation {
  readonly caller: string
  /** YYYY-MM-DD */
  readonly day: string
  readonly usd: number
}

/** Reason why a reservation does not fit into a budget. */
export interface Shortage {
  readonly period: 'day' | 'month'
  /** US dollars, with those that calls in progress hold back. */
  readonly heldUsd: number
}

/** Returns the end of the day or month in UTC, in ISO 8601. */
export function endOf(period: 'day' | 'month', time: number): string {
  const date = new Date(time)
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
  return new Date(period === 'day' ? Date.UTC(year, month, day + 1) : Date.UTC(year, month + 1)).toISOString()
}
