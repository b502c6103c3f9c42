import { setTimeout as wait } from 'node:timers/promises'
import { createUsageTable } from '../layers/runtime/src/pipeline/usage/usage-table.ts'
import { type BenchStack, withStack } from './bench-process.ts'
import { makeTable, type Table, timeMs } from './measure.ts'

const PATH = `/model/${encodeURIComponent('us.amazon.nova-lite-v1:0')}/converse`
const BODY = JSON.stringify({
  messages: [{ role: 'user', content: [{ text: 'Say hello to the bench.' }] }],
  inferenceConfig: { maxTokens: 100 },
})
const WARM_UP_ROUNDS = 60
const ROUNDS = 200
/** Pause after a call, in which the function writes its usage: no caller waits for that. */
const PAUSE_MS = 25

/** Time of a call through the local stack without a ledger, with one, and with budgets that have room. */
export function benchBudgets(): Promise<Table[]> {
  const ledger = ['--parameter-overrides', 'UsageLedger=ON']
  return withStack([], (off) =>
    withStack(ledger, (counted) =>
      withStack([...ledger, 'Budgets=SOFT'], (soft) =>
        withStack([...ledger, 'Budgets=STRICT'], async (strict) => {
          for (const stack of [soft, strict]) await setBudget(stack)
          return [await compare({ 'no ledger': off, 'ledger, no budgets': counted, SOFT: soft, STRICT: strict })]
        }),
      ),
    ),
  )
}

async function setBudget({ urlOf }: BenchStack): Promise<void> {
  const table = createUsageTable(
    { name: 'UsageTable', retentionDays: 400 },
    {
      endpoint: urlOf('dynamodb'),
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    },
  )
  await table.setBudget({ of: '*', perMonth: 1000, perDay: 1000, allowsUnpriced: false })
}

async function compare(stacks: Readonly<Record<string, BenchStack>>): Promise<Table> {
  const measured: Record<string, number[]> = Object.fromEntries(Object.keys(stacks).map((name) => [name, []]))
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    for (const [name, { urlOf }] of Object.entries(stacks)) {
      const elapsedMs = await timeMs(() => call(urlOf('api')))
      if (round >= 0) measured[name]?.push(elapsedMs)
      await wait(PAUSE_MS)
    }
  }
  return makeTable('Budgets: one Converse call at a time through the local stack', 'ms', measured)
}

async function call(api: string): Promise<void> {
  const response = await fetch(api + PATH, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: BODY,
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${response.status}: ${text}`)
}
