import { type Budget, endOf, findBudget, type Spent, STACK } from './budget.ts'
import type { UsageTable } from './usage-table.ts'

/** Shares of a budget, in percent, whose reaching is announced. */
const THRESHOLDS = [80, 100]

/** Event about a budget that has reached a threshold. */
export interface BudgetEvent {
  readonly detailType: 'Budget Threshold Reached'
  readonly resources: readonly string[]
  readonly detail: Readonly<Record<string, unknown>>
}

interface Notice {
  /** Name of the notice among those of its month. */
  readonly id: string
  readonly event: BudgetEvent
}

/**
 * Sends an event `Budget Threshold Reached` for each budget that has reached a threshold in its period, once. An event that was
 * sent but not noted, because of a crash, is sent again.
 *
 * @param now milliseconds since 1970
 * @returns number of events
 * @throws the SDK's error if the table or the bus does not answer. The next sweep goes on
 */
export async function announceBudgets(
  table: UsageTable,
  events: { send(events: readonly BudgetEvent[]): Promise<void> },
  now: number,
): Promise<number> {
  const budgets = await table.readBudgets()
  if (budgets.length === 0) return 0
  const day = new Date(now).toISOString().slice(0, 10)
  const [spentByCaller, noted] = await Promise.all([table.readSpentOfAll(day), table.readNotices(day)])
  const all = [...spentByCaller.values()]
  const total = { day: sumOf(all, 'day'), month: sumOf(all, 'month') }
  const budgetOf = (name: string) =>
    name === STACK ? budgets.find(({ of }) => of === STACK) : findBudget(name, budgets)
  const due = [...spentByCaller, [STACK, total] as const]
    .flatMap(([name, spent]) => describeReached(name, budgetOf(name), spent, now))
    .filter(({ id }) => !noted.has(id))
  for (const { id, event } of due) {
    await events.send([event])
    await table.putNotice(day, id, now)
  }
  return due.length
}

/** Describes the thresholds that a budget has reached. */
function describeReached(name: string, budget: Budget | undefined, spent: Spent, now: number): Notice[] {
  const day = new Date(now).toISOString().slice(0, 10)
  const limits = [['month', budget?.perMonth] as const, ['day', budget?.perDay] as const]
  return limits.flatMap(([period, limitUsd]) =>
    THRESHOLDS.flatMap((percent): Notice[] => {
      const spentUsd = spent[period]
      if (limitUsd === undefined || spentUsd === 0 || spentUsd < (limitUsd * percent) / 100) return []
      const of = name === STACK ? { scope: 'stack' } : { scope: 'caller', caller: name }
      const detail = { ...of, period, percent, limitUsd, spentUsd, resetsAt: endOf(period, now) }
      const id = `${period === 'day' ? day : day.slice(0, 7)}#${percent}#${name}`
      return [{ id, event: { detailType: 'Budget Threshold Reached', resources: [], detail } }]
    }),
  )
}

function sumOf(spent: readonly Spent[], period: keyof Spent): number {
  return Math.round(spent.reduce((sum, one) => sum + one[period], 0) * 1e10) / 1e10
}
