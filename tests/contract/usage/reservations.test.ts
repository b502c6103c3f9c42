import { BudgetError } from '../../../layers/runtime/src/core/budget-error.ts'
import type { ModelCall } from '../../../layers/runtime/src/core/model-call.ts'
import { createPriceBook } from '../../../layers/runtime/src/pipeline/cost/price-book.ts'
import { createBudgetGate } from '../../../layers/runtime/src/pipeline/usage/budget-gate.ts'
import { highestCost } from '../../../layers/runtime/src/pipeline/usage/highest-cost.ts'
import { createUsageLedger } from '../../../layers/runtime/src/pipeline/usage/usage-ledger.ts'
import type { UsageTable } from '../../../layers/runtime/src/pipeline/usage/usage-table.ts'
import { callBasics, createTestPipeline, MODELS, UNCALLED } from '../../support/calls.ts'
import { openUsageTables, type UsageTables } from './support/open-usage-tables.ts'

const NOVA = 'us.amazon.nova-lite-v1:0'
const BODY = JSON.stringify({
  messages: [{ role: 'user', content: [{ text: 'Hello' }] }],
  inferenceConfig: { maxTokens: 1000 },
})
const TODAY = new Date().toISOString().slice(0, 10)
const prices = createPriceBook({ region: MODELS.region })

let tables: UsageTables
let open: (reserves?: boolean) => UsageTable

beforeAll(async () => {
  tables = await openUsageTables()
  open = (reserves = true) => tables.open({ reserves })
})
afterAll(() => tables.close())

const callOf = (caller: string, body = BODY): ModelCall => ({
  ...{ operation: 'Converse', modelId: NOVA, headers: {}, caller, replyHeaders: {} },
  body: Buffer.from(body),
})

/** Creates the pipeline of one function, whose Bedrock answers with a usage, and the work that it defers. */
function pipelineWith(table: UsageTable, outputTokens = 1000) {
  const bedrock = {
    ...UNCALLED,
    send: async () => ({
      statusCode: 200,
      headers: {},
      body: Buffer.from(JSON.stringify({ usage: { inputTokens: 100, outputTokens } })),
      attempts: 1,
    }),
  }
  const loadTable = async () => table
  const pipeline = createTestPipeline(bedrock, {
    usageLedger: createUsageLedger({ loadTable, loadStore: async () => Promise.reject(new Error('no bucket')) }),
    budgetGate: createBudgetGate({ loadTable, prices, reserves: true }),
  })
  return async (call: ModelCall): Promise<number> => {
    const deferred: Promise<void>[] = []
    const defer = (_: string, task: () => Promise<void>) => void deferred.push(task())
    try {
      const { cost } = await pipeline.answer(call, { ...callBasics(), defer, retry: false })
      return cost.usd ?? 0
    } finally {
      await Promise.all(deferred)
    }
  }
}

test('200 calls at once of several functions never spend more than their budget, and use it', async () => {
  const table = open()
  const each = (await highestCost(callOf('key:a'), prices)) ?? 0
  const limit = Number((each * 10).toFixed(10))
  await table.setBudget({ of: 'key:a', perMonth: limit, allowsUnpriced: false })
  const functions = Array.from({ length: 8 }, () => pipelineWith(open()))
  const results = await Promise.allSettled(
    Array.from({ length: 200 }, (_, index) => functions[index % 8]?.(callOf('key:a')) ?? 0),
  )
  const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
  const { month, day } = await table.readSpent('key:a', TODAY)

  expect(refused.length).toBeGreaterThan(0)
  expect(refused.filter((reason) => !(reason instanceof BudgetError))).toEqual([])
  expect(month).toBeLessThanOrEqual(limit)
  expect(month).toBeGreaterThan(each * 8)
  expect(day).toBe(month)
  // Nothing is held back after the last call: as many calls fit as money is left.
  const left = { caller: 'key:a', day: TODAY, usd: Number((limit - month).toFixed(10)) }
  expect(await table.reserve(left, { perMonth: limit })).toBeUndefined()
  expect(await table.reserve({ ...left, usd: 0.0000000001 }, { perMonth: limit })).toEqual({
    period: 'month',
    heldUsd: limit,
  })
}, 30_000)

test('a refusal tells what is left and what the call can cost', async () => {
  const table = open()
  await table.setBudget({ of: 'key:b', perDay: 0.0001, allowsUnpriced: false })
  const needed = await highestCost(callOf('key:b'), prices)
  await expect(pipelineWith(table)(callOf('key:b'))).rejects.toMatchObject({
    name: 'ThrottlingException',
    message: expect.stringMatching(
      /^The budget of 0\.0001 USD for this day has 0\.0001 USD left, and this call can cost up to /,
    ),
    details: { budget: { period: 'day', leftUsd: 0.0001, neededUsd: needed } },
  })
})

test('a call that Bedrock refuses gives its reservation back', async () => {
  const table = open()
  await table.setBudget({ of: 'key:c', perMonth: 0.0005, allowsUnpriced: false })
  const call = pipelineWith(table, 10)
  await expect(call({ ...callOf('key:c'), headers: { 'x-bedrock-functions-cache': 'often' } })).rejects.toMatchObject({
    name: 'ValidationException',
  })
  await expect(call(callOf('key:c'))).resolves.toBeGreaterThan(0)
})

test('what was spent before reservations counts, also where it was added without one', async () => {
  const table = open()
  const entry = { id: 'early', caller: 'key:d', time: Date.now(), modelId: NOVA, counts: { calls: 1 }, usd: 5 }
  await open(false).add([entry])
  const reservation = { caller: 'key:d', day: TODAY, usd: 3 }
  expect(await table.reserve(reservation, { perMonth: 10 })).toBeUndefined()
  expect(await table.reserve(reservation, { perMonth: 10 })).toEqual({ period: 'month', heldUsd: 8 })
  await table.release(reservation)
  expect(await table.reserve(reservation, { perMonth: 10 })).toBeUndefined()
})
