import { announceBudgets, type BudgetEvent } from '../../../layers/runtime/src/pipeline/usage/announce-budgets.ts'
import type { UsageTable } from '../../../layers/runtime/src/pipeline/usage/usage-table.ts'
import { openUsageTables, type UsageTables } from './support/open-usage-tables.ts'

const MODEL = 'amazon.nova-lite-v1:0'

let tables: UsageTables
let table: UsageTable

beforeAll(async () => {
  tables = await openUsageTables()
})
afterAll(() => tables.close())

let calls = 0
const spend = (caller: string, usd: number, time: number) => {
  calls += 1
  return table.add([{ id: `call-${calls}`, caller, time, modelId: MODEL, counts: { calls: 1 }, usd }])
}

test('each threshold of a budget is announced once in its period, and an event that failed is sent again', async () => {
  table = tables.open()
  const now = Date.parse('2026-11-27T12:00:00Z')
  await table.setBudget({ of: 'key:*', perMonth: 10, perDay: 4, allowsUnpriced: false })
  await table.setBudget({ of: 'stack', perMonth: 20, allowsUnpriced: false })
  const sent: BudgetEvent[] = []
  let fails = true
  const events = {
    async send(added: readonly BudgetEvent[]) {
      if (fails) throw new Error('no bus')
      sent.push(...added)
    },
  }
  const announced = async (time = now) => {
    const before = sent.length
    await announceBudgets(table, events, time)
    return sent.slice(before).map(({ detail }) => `${detail.caller ?? detail.scope} ${detail.period} ${detail.percent}`)
  }

  await spend('key:a', 3.2, now)
  await expect(announced()).rejects.toThrow('no bus')
  fails = false
  expect(await announced()).toEqual(['key:a day 80'])
  expect(sent[0]).toEqual({
    detailType: 'Budget Threshold Reached',
    resources: [],
    detail: {
      ...{ scope: 'caller', caller: 'key:a', period: 'day', percent: 80, limitUsd: 4, spentUsd: 3.2 },
      resetsAt: '2026-11-28T00:00:00.000Z',
    },
  })
  expect(await announced()).toEqual([])

  await spend('key:a', 5, now)
  await spend('key:b', 8, now)
  await spend('role/other', 90, now)
  expect(await announced()).toEqual([
    ...['key:a month 80', 'key:a day 100', 'key:b month 80', 'key:b day 80', 'key:b day 100'],
    ...['stack month 80', 'stack month 100'],
  ])
  expect(await announced()).toEqual([])

  const tomorrow = now + 86_400_000
  await spend('key:a', 4, tomorrow)
  expect(await announced(tomorrow)).toEqual(['key:a month 100', 'key:a day 80', 'key:a day 100'])
})

test('a stack without budgets announces nothing', async () => {
  table = tables.open({ name: 'other' })
  await spend('key:a', 100, Date.now())
  await expect(
    announceBudgets(table, { send: () => Promise.reject(new Error('an event was sent')) }, Date.now()),
  ).resolves.toBe(0)
})
