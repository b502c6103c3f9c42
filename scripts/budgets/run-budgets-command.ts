import { type Budget, STACK } from '../../layers/runtime/src/pipeline/usage/budget.ts'
import type { UsageTable } from '../../layers/runtime/src/pipeline/usage/usage-table.ts'
import { BudgetsCommandError, type BudgetsCommandLine } from './command-line.ts'

type BudgetTable = Pick<UsageTable, 'readBudgets' | 'setBudget' | 'removeBudget' | 'readSpent'>

/** Runs one command. Returns the text for the operator. */
export async function runBudgetsCommand(
  commandLine: BudgetsCommandLine,
  table: BudgetTable,
  now = Date.now(),
): Promise<string> {
  switch (commandLine.command) {
    case 'set':
      await table.setBudget(commandLine.budget)
      return `Set: ${describeBudget(commandLine.budget)}. Functions use it within 10 seconds.`
    case 'remove': {
      const { of } = commandLine
      const budgets = await table.readBudgets()
      if (!budgets.some((budget) => budget.of === of)) throw new BudgetsCommandError(`${of} has no budget.`)
      await table.removeBudget(of)
      return `Removed: the budget of ${of}`
    }
    case 'list': {
      const budgets = await table.readBudgets()
      if (budgets.length === 0) return 'There are no budgets.'
      const lines = budgets.map(async (budget) => describeBudget(budget) + (await describeSpent(budget, table, now)))
      return (await Promise.all(lines)).join('\n')
    }
  }
}

function describeBudget({ of, perDay, perMonth, allowsUnpriced }: Budget): string {
  const amounts = [
    ...(perMonth === undefined ? [] : [`${perMonth}/month`]),
    ...(perDay === undefined ? [] : [`${perDay}/day`]),
    ...(allowsUnpriced ? ['models without a known price are allowed'] : []),
  ]
  return `${of}  ${amounts.join(', ')}`
}

/** Describes what a key or the stack has spent. Names of roles and patterns mean several identities. */
async function describeSpent({ of }: Budget, table: BudgetTable, now: number): Promise<string> {
  if (of !== STACK && !/^(key:|arn:)[^*]+$/.test(of)) return ''
  const { day, month } = await table.readSpent(of === STACK ? undefined : of, new Date(now).toISOString().slice(0, 10))
  return `; spent: ${month} this month, ${day} today`
}
