import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { createDynamoDbServer } from '../../../../local/dynamodb/index.ts'
import type { DualProtocolServer } from '../../../../local/net/dual-protocol-server.ts'

const TableName = 'usage'
const TABLES = [
  {
    name: TableName,
    arn: 'arn:aws:dynamodb:us-east-1:123456789012:table/usage',
    keys: [
      { name: 'pk', type: 'S' },
      { name: 'sk', type: 'S' },
    ],
    ttlAttribute: 'expires',
  },
] as const

let directory: string
let server: DualProtocolServer
let client: DynamoDBClient

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dynamodb-test-'))
  await start()
})
afterEach(async () => {
  await stop()
  await rm(directory, { recursive: true })
})

async function start(): Promise<void> {
  server = createDynamoDbServer({ directory, tables: TABLES })
  client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${await server.listen(0)}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  })
}

async function stop(): Promise<void> {
  client.destroy()
  await server.close()
}

const keyOf = (pk: string, sk = '-') => ({ pk: { S: pk }, sk: { S: sk } })
const get = async (pk: string, sk?: string) =>
  (await client.send(new GetItemCommand({ TableName, Key: keyOf(pk, sk) }))).Item
const addUsd = (usd: string) => ({
  TableName,
  Key: keyOf('alice'),
  UpdateExpression: 'ADD #usd :usd SET seen = :seen',
  ExpressionAttributeNames: { '#usd': 'usd' },
  ExpressionAttributeValues: { ':usd': { N: usd }, ':seen': { S: 'yes' } },
})
const putOnce = (pk: string) => ({
  Put: { TableName, Item: keyOf(pk), ConditionExpression: 'attribute_not_exists(pk)' },
})

test('numbers are added without rounding, from an item that does not exist', async () => {
  for (const usd of ['0.1', '0.0000000002', '3e-1', '12345678901234567890']) {
    await client.send(new UpdateItemCommand(addUsd(usd)))
  }
  expect(await get('alice')).toEqual({
    ...keyOf('alice'),
    usd: { N: '12345678901234567890.4000000002' },
    seen: { S: 'yes' },
  })
})

test('a transaction does all of its writes or none, and names the condition that was false', async () => {
  await client.send(new TransactWriteItemsCommand({ TransactItems: [putOnce('call-1'), { Update: addUsd('1') }] }))
  const repeated = client.send(
    new TransactWriteItemsCommand({ TransactItems: [putOnce('call-2'), putOnce('call-1'), { Update: addUsd('1') }] }),
  )
  await expect(repeated).rejects.toMatchObject({
    name: 'TransactionCanceledException',
    CancellationReasons: [{ Code: 'None' }, { Code: 'ConditionalCheckFailed' }, { Code: 'None' }],
  })
  expect(await get('call-2')).toBeUndefined()
  expect(await get('alice')).toMatchObject({ usd: { N: '1' } })
})

test('a transaction with the token of an earlier one writes nothing, also after a restart', async () => {
  const transaction = { ClientRequestToken: 'token', TransactItems: [{ Update: addUsd('1') }] }
  await client.send(new TransactWriteItemsCommand(transaction))
  await stop()
  await start()
  await client.send(new TransactWriteItemsCommand(transaction))
  expect(await get('alice')).toMatchObject({ usd: { N: '1' } })
})

test('a transaction cannot change an item twice', async () => {
  const twice = new TransactWriteItemsCommand({ TransactItems: [{ Update: addUsd('1') }, { Update: addUsd('1') }] })
  await expect(client.send(twice)).rejects.toMatchObject({ name: 'ValidationException' })
})

test('a conditional update compares numbers by value', async () => {
  await client.send(new UpdateItemCommand(addUsd('9')))
  const addBelow = (limit: string) =>
    client.send(
      new UpdateItemCommand({
        ...addUsd('1'),
        ConditionExpression: 'attribute_not_exists(#usd) OR #usd <= :limit',
        ExpressionAttributeValues: { ...addUsd('1').ExpressionAttributeValues, ':limit': { N: limit } },
      }),
    )
  await addBelow('10')
  await expect(addBelow('9.5')).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' })
  expect(await get('alice')).toMatchObject({ usd: { N: '10' } })
})

test('a query returns a range of a partition in order, page by page', async () => {
  const days = ['2026-11-30', '2026-11-02', '2026-12-01', '2026-10-31', '2026-11-15']
  for (const day of days) await client.send(new PutItemCommand({ TableName, Item: keyOf('bob', day) }))
  await client.send(new PutItemCommand({ TableName, Item: keyOf('bobby', '2026-11-01') }))
  const november = {
    TableName,
    KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
    ExpressionAttributeValues: { ':pk': { S: 'bob' }, ':from': { S: '2026-11-01' }, ':to': { S: '2026-11-30' } },
  }
  const found: (string | undefined)[] = []
  for await (const { Items = [] } of paginateQuery({ client, pageSize: 2 }, { ...november })) {
    found.push(...Items.map(({ sk }) => sk?.S))
  }
  const newest = await client.send(new QueryCommand({ ...november, ScanIndexForward: false, Limit: 1 }))

  expect(found).toEqual(['2026-11-02', '2026-11-15', '2026-11-30'])
  expect(newest.Items).toEqual([keyOf('bob', '2026-11-30')])
})

test('a query without the partition key, an unknown table and a wrong key are refused by name', async () => {
  const values = { ExpressionAttributeValues: { ':sk': { S: '1' } } }
  const query = new QueryCommand({ TableName, KeyConditionExpression: 'sk = :sk', ...values })
  await expect(client.send(query)).rejects.toMatchObject({ name: 'ValidationException' })
  const other = new GetItemCommand({ TableName: 'other', Key: keyOf('alice') })
  await expect(client.send(other)).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  const wrong = new GetItemCommand({ TableName, Key: { pk: { S: 'alice' }, sk: { N: '1' } } })
  await expect(client.send(wrong)).rejects.toThrow('sk')
})

test('items survive a restart, but not those that were deleted or have expired', async () => {
  const expired = { ...keyOf('old'), expires: { N: '1000000000' } }
  for (const Item of [keyOf('kept'), keyOf('deleted'), expired]) {
    await client.send(new PutItemCommand({ TableName, Item }))
  }
  await client.send(new DeleteItemCommand({ TableName, Key: keyOf('deleted') }))
  // The first restart leaves expired items out of the journal.
  for (let restarts = 0; restarts < 2; restarts += 1) {
    await stop()
    await start()
  }
  expect(await Promise.all(['kept', 'deleted', 'old'].map((pk) => get(pk)))).toEqual([
    keyOf('kept'),
    undefined,
    undefined,
  ])
})
