import { BudgetError } from '../../../layers/runtime/src/core/budget-error.ts'
import { logger } from '../../../layers/runtime/src/core/logging.ts'
import { type Budget, findBudget } from '../../../layers/runtime/src/pipeline/usage/budget.ts'
import { createBudgetGate, readBudgetGate } from '../../../layers/runtime/src/pipeline/usage/budget-gate.ts'
import type { UsageTable } from '../../../layers/runtime/src/pipeline/usage/usage-table.ts'

logger.setLogLevel('SILENT')

const PRICE = { asOf: '2026-11-10', input: 1, output: 2 }
const budgetOf = (of: string, limits: Partial<Budget> = {}): Budget => ({ of, allowsUnpriced: false, ...limits })

/** Creates a gate over a table in memory, with a clock that the test sets. */
function gateWith(budgets: readonly Budget[]) {
  const state = {
    time: Date.parse('2026-11-30T23:59:00Z'),
    /** By caller and day; the stack is `all`. */
    spent: {} as Record<string, { day: number; month: number }>,
    reads: 0,
    fails: false,
  }
  const table: Pick<UsageTable, 'readBudgets' | 'readSpent'> = {
    async readBudgets() {
      if (state.fails) throw new Error('no network')
      return [...budgets]
    },
    async readSpent(caller = 'all', day) {
      state.reads += 1
      if (state.fails) throw new Error('no network')
      return state.spent[`${caller} ${day}`] ?? { day: 0, month: 0 }
    },
  }
  const prices = { find: async (modelId: string) => (modelId === 'nova' ? PRICE : undefined) }
  const gate = createBudgetGate({ loadTable: async () => table as UsageTable, prices, now: () => state.time })
  return { gate, state }
}

test('an exact name comes before a pattern, and a longer pattern before a shorter one', () => {
  const budgets = ['*', 'role/*', 'role/team-*', 'role/team-a', 'key:a1', 'stack'].map((of) => budgetOf(of))
  const of = (caller: string) => findBudget(caller, budgets)?.of
  expect(of('arn:aws:sts::123456789012:assumed-role/team-a/session')).toBe('role/team-a')
  expect(of('arn:aws:sts::123456789012:assumed-role/team-b')).toBe('role/team-*')
  expect(of('arn:aws:sts::123456789012:assumed-role/other')).toBe('role/*')
  expect(of('key:a1')).toBe('key:a1')
  expect(of('stack')).toBe('*')
  expect(findBudget('key:b2', [budgetOf('key:a1'), budgetOf('stack')])).toBeUndefined()
})

test('a spent month is a ThrottlingException with limit, spent amount and the end of the month', async () => {
  const { gate, state } = gateWith([budgetOf('key:a', { perMonth: 10 })])
  await gate.check('key:a', ['nova'])
  state.time += 5000
  state.spent['key:a 2026-11-30'] = { day: 1, month: 10.25 }

  const error = await gate.check('key:a', ['nova']).catch((refusal: unknown) => refusal as BudgetError)
  expect(error).toBeInstanceOf(BudgetError)
  expect(error).toMatchObject({
    name: 'ThrottlingException',
    statusCode: 429,
    message: 'The budget of 10 USD for this month is spent: 10.25 USD. It begins anew at 2026-12-01T00:00:00.000Z.',
    details: {
      budget: {
        scope: 'caller',
        period: 'month',
        resetsAt: '2026-12-01T00:00:00.000Z',
        limitUsd: 10,
        spentUsd: 10.25,
      },
    },
    headers: { 'retry-after': '1' },
  })
  expect((error as BudgetError).secondsLeft(state.time)).toBe('55')
  await expect(gate.check('key:b', ['nova'])).resolves.toBeUndefined()
})

test('a caller is warned from 80 % of its own budget, but not of the budget of the stack', async () => {
  const { gate, state } = gateWith([
    budgetOf('key:a', { perMonth: 10, perDay: 1 }),
    budgetOf('stack', { perMonth: 10 }),
  ])
  state.spent['key:a 2026-11-30'] = { day: 0.79, month: 7.99 }
  state.spent['all 2026-11-30'] = { day: 9, month: 9.5 }
  await expect(gate.check('key:a', ['nova'])).resolves.toBeUndefined()
  state.time += 5000
  state.spent['key:a 2026-11-30'] = { day: 0.85, month: 8 }
  await expect(gate.check('key:a', ['nova'])).resolves.toBe(
    '8 of the budget of 10 USD for this month are spent; 0.85 of the budget of 1 USD for this day are spent',
  )
})

test('budgets begin anew at the turn of the day and of the month, in UTC', async () => {
  const { gate, state } = gateWith([budgetOf('*', { perDay: 1, perMonth: 3 })])
  state.spent['key:a 2026-11-30'] = { day: 1, month: 2 }
  await expect(gate.check('key:a', [])).rejects.toThrow('for this day is spent: 1 USD')
  state.time = Date.parse('2026-12-01T00:00:00Z')
  await expect(gate.check('key:a', [])).resolves.toBeUndefined()
})

test('the budget of the stack tells no figures, since they are those of other callers', async () => {
  const { gate, state } = gateWith([budgetOf('stack', { perMonth: 100 })])
  state.spent['all 2026-11-30'] = { day: 0, month: 100 }
  await expect(gate.check('key:a', ['nova'])).rejects.toMatchObject({
    message: 'The budget of this stack for this month is spent. It begins anew at 2026-12-01T00:00:00.000Z.',
    details: { budget: { scope: 'stack', period: 'month', resetsAt: '2026-12-01T00:00:00.000Z' } },
  })
})

test('figures are read again after 5 seconds, and once for calls at the same time', async () => {
  const { gate, state } = gateWith([budgetOf('*', { perMonth: 3 })])
  await Promise.all(Array.from({ length: 10 }, () => gate.check('key:a', ['nova'])))
  state.time += 4999
  await gate.check('key:a', ['nova'])
  expect(state.reads).toBe(1)
  state.time += 1
  await gate.check('key:a', ['nova'])
  expect(state.reads).toBe(2)
})

test('without DynamoDB the last figures count, and without figures calls are allowed', async () => {
  const { gate, state } = gateWith([budgetOf('*', { perMonth: 3 })])
  state.spent['key:a 2026-11-30'] = { day: 0, month: 3 }
  await expect(gate.check('key:a', [])).rejects.toThrow('is spent')
  state.fails = true
  state.time += 20_000
  await expect(gate.check('key:a', [])).rejects.toThrow('is spent')
  await expect(gate.check('key:b', [])).resolves.toBeUndefined()
})

test('a call does not wait for figures that do not come', async () => {
  const silent: Pick<UsageTable, 'readBudgets'> = { readBudgets: () => new Promise(() => {}) }
  const gate = createBudgetGate({
    loadTable: async () => silent as UsageTable,
    prices: { find: async () => PRICE },
    readLimitMs: 1,
  })
  await expect(gate.check('key:a', ['nova'])).resolves.toBeUndefined()
})

test('a model without a known price is refused under a budget that does not allow it', async () => {
  const refusal = {
    name: 'AccessDeniedException',
    message: 'custom has no known price, and the budget does not allow such models.',
  }
  const { gate } = gateWith([budgetOf('key:a', { perDay: 1 }), budgetOf('key:b', { perDay: 1, allowsUnpriced: true })])
  await expect(gate.check('key:a', ['nova', 'custom'])).rejects.toMatchObject(refusal)
  await expect(gate.check('key:b', ['custom'])).resolves.toBeUndefined()
  await expect(gate.check('key:c', ['custom'])).resolves.toBeUndefined()
  const { gate: ofStack } = gateWith([budgetOf('stack', { perDay: 1 })])
  await expect(ofStack.check('key:c', ['custom'])).rejects.toMatchObject(refusal)
})

test('a stack without a ledger has no gate, and another mode is refused when a function starts', () => {
  const prices = { find: async () => undefined }
  expect(readBudgetGate({ BUDGETS: 'SOFT' }, undefined, prices)).toBeUndefined()
  expect(readBudgetGate({}, async () => Promise.reject(new Error('unused')), prices)).toBeUndefined()
  expect(
    readBudgetGate({ BUDGETS: 'STRICT' }, async () => Promise.reject(new Error('unused')), prices)?.reserve,
  ).toBeDefined()
  expect(() => readBudgetGate({ BUDGETS: 'HARD' }, undefined, prices)).toThrow('BUDGETS is "HARD"')
})
