import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { settleUsage } from '../../../layers/runtime/src/pipeline/usage/settle-usage.ts'
import type { UsageEntry } from '../../../layers/runtime/src/pipeline/usage/usage-entry.ts'
import { createUsageLedger } from '../../../layers/runtime/src/pipeline/usage/usage-ledger.ts'
import { createUsageTable } from '../../../layers/runtime/src/pipeline/usage/usage-table.ts'
import { createDynamoDbServer } from '../../../local/dynamodb/index.ts'
import type { DualProtocolServer } from '../../../local/net/dual-protocol-server.ts'
import { type Services, startServices } from '../jobs/support/start-services.ts'

const NAME = 'usage'
const TIME = Date.parse('2026-11-27T23:59:59.999Z')
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }

let services: Services
let directory: string
let server: DualProtocolServer
let endpoint: string
let client: DynamoDBClient

beforeAll(async () => {
  services = await startServices({ stacks: 3 })
  directory = await mkdtemp(join(tmpdir(), 'usage-test-'))
  const keys = ['pk', 'sk'].map((name) => ({ name, type: 'S' as const }))
  server = createDynamoDbServer({ directory, tables: [{ name: NAME, arn: 'arn', keys, ttlAttribute: 'expires' }] })
  endpoint = `http://127.0.0.1:${await server.listen(0)}`
  client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials })
})
afterAll(async () => {
  client.destroy()
  await server.close()
  await services.close()
  await rm(directory, { recursive: true })
})

const openTable = (changes: object = {}) =>
  createUsageTable({ name: NAME, retentionDays: 400 }, { endpoint, region: 'us-east-1', credentials, ...changes })

let entries = 0
function entryOf(caller: string, changes: Partial<UsageEntry> = {}): UsageEntry {
  entries += 1
  return {
    id: `call-${entries}`,
    caller,
    time: TIME,
    modelId: 'nova',
    counts: { calls: 1, inputTokens: 10, outputTokens: 3 },
    usd: 0.0000000123,
    ...changes,
  }
}

/** Reads the items of a partition, as numbers by sort key. */
async function read(pk: string): Promise<Record<string, Record<string, string | undefined>>> {
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName: NAME,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: pk } },
    }),
  )
  return Object.fromEntries(
    Items.map(({ pk: _, sk, expires: __, ...sums }) => [
      sk?.S ?? '',
      Object.fromEntries(Object.entries(sums).map(([name, { N }]) => [name, N])),
    ]),
  )
}

test('calls of several functions at once are each added once, to the last digit', async () => {
  const { store } = services.createStack()
  const ledgers = Array.from({ length: 4 }, () => {
    const table = openTable()
    return createUsageLedger({ loadTable: async () => table, loadStore: async () => store })
  })
  await Promise.all(Array.from({ length: 200 }, (_, index) => ledgers[index % 4]?.record(entryOf('key:alice'))))

  const sums = { calls: '200', inputTokens: '2000', outputTokens: '600', usd: '0.00000246' }
  expect(await read('caller#key:alice')).toEqual({ '2026-11-27#nova': sums })
  expect(await read('month#2026-11')).toMatchObject({ 'key:alice': { ...sums, day27: '0.00000246' } })
  expect((await store.list('usage/')).keys).toEqual([])
})

test('calls are added to their day, month, model and caller', async () => {
  const table = openTable()
  await table.add([
    entryOf('bob'),
    entryOf('bob', { time: TIME + 1, usd: null, counts: { calls: 1, unpriced: 1 } }),
    entryOf('bob', { time: TIME + 1, modelId: 'claude', counts: { calls: 1, errors: 1 }, usd: 0 }),
    entryOf('carol', { time: Date.parse('2026-12-01'), usd: 2 }),
  ])
  expect(await read('caller#bob')).toMatchObject({
    '2026-11-27#nova': { calls: '1', usd: '0.0000000123' },
    '2026-11-28#nova': { calls: '1', unpriced: '1' },
    '2026-11-28#claude': { calls: '1', errors: '1' },
  })
  expect(await read('month#2026-11')).toMatchObject({ bob: { calls: '3', errors: '1', unpriced: '1' } })
  expect(await read('month#2026-12')).toMatchObject({ carol: { calls: '1', usd: '2', day01: '2' } })
})

test('a repeated call adds nothing, and the others of its write do', async () => {
  const table = openTable()
  const first = entryOf('dave')
  await table.add([first])
  await table.add([entryOf('dave'), first, entryOf('dave')])
  await table.add([first])
  expect(await read('caller#dave')).toMatchObject({ '2026-11-27#nova': { calls: '3' } })
})

/** Handler of requests whose first `times` get the answer to a conflict of transactions. */
function conflicting(times: number) {
  const handler = new NodeHttpHandler()
  const reason = { Code: 'TransactionConflict', Message: 'Transaction is ongoing for the item' }
  const body = JSON.stringify({
    __type: 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException',
    CancellationReasons: [{ Code: 'None' }, reason, { Code: 'None' }],
  })
  let left = times
  return {
    ...handler,
    async handle(...call: Parameters<NodeHttpHandler['handle']>) {
      left -= 1
      if (left < 0) return handler.handle(...call)
      return { response: { statusCode: 400, headers: {}, body: Readable.from([Buffer.from(body)]) } }
    },
  }
}

test('a write that meets another one is tried again', async () => {
  await openTable({ requestHandler: conflicting(3) }).add([entryOf('erin')])
  expect(await read('caller#erin')).toMatchObject({ '2026-11-27#nova': { calls: '1' } })
})

test('the bucket keeps what the table does not take, and the sweep adds it once', async () => {
  const { store } = services.createStack()
  const closed = openTable({ endpoint: 'http://127.0.0.1:9', maxAttempts: 1 })
  const ledger = createUsageLedger({ loadTable: async () => closed, loadStore: async () => store })
  const added = entryOf('frank')
  await openTable().add([added])
  // The answer to the first write was lost.
  await Promise.all([ledger.record(added), ledger.record(entryOf('frank')), ledger.record(entryOf('frank'))])
  const kept = (await store.list('usage/')).keys
  expect(kept).toHaveLength(2)

  const never = new AbortController().signal
  await expect(settleUsage(closed, store, never)).rejects.toThrow()
  expect((await store.list('usage/')).keys).toEqual(kept)
  // Two sweeps at once.
  const settled = await Promise.all([settleUsage(openTable(), store, never), settleUsage(openTable(), store, never)])
  expect(Math.max(...settled)).toBeGreaterThan(0)
  expect((await store.list('usage/')).keys).toEqual([])
  expect(await read('caller#frank')).toMatchObject({ '2026-11-27#nova': { calls: '3' } })
})

test('usage that neither the table nor the bucket takes does not fail the call', async () => {
  const fail = async () => Promise.reject(new Error('no network'))
  const ledger = createUsageLedger({ loadTable: fail, loadStore: fail })
  await expect(ledger.record(entryOf('grace'))).resolves.toBeUndefined()
})
