import { isObject, type JsonObject } from '../template/json.ts'
import { conditionFailed, tableNotFound, transactionCancelled, validationError } from './errors.ts'
import { compareValues, testCondition, updateItem } from './evaluate-expression.ts'
import type { AttributeValue, Item, ItemChange, ItemPosition, TableOptions, TableRecord } from './model.ts'
import { type Condition, type Placeholders, parseCondition, parseUpdate } from './parse-expression.ts'
import type { TableState } from './table-state.ts'

/** Limits of DynamoDB. Source: Amazon DynamoDB Developer Guide, "Quotas". */
const MAX_ITEM_BYTES = 400 * 1024
const MAX_TRANSACTION_ITEMS = 100
const MAX_PAGE_BYTES = 1024 * 1024

/** Tables of the template, and the way to change their items. */
export interface Tables {
  readonly options: readonly TableOptions[]
  readonly state: TableState
  readonly commit: (record: TableRecord) => void
}

export function getItem(tables: Tables, input: JsonObject): object {
  const item = tables.state.find(positionOf(tableOf(tables, input), asItem(input, 'Key')))
  return item ? { Item: item } : {}
}

export function putItem(tables: Tables, input: JsonObject): object {
  return writeItem(tables, readPut(tables, input))
}

export function updateOneItem(tables: Tables, input: JsonObject): object {
  const write = readUpdate(tables, input)
  const { item = {} } = write.change
  writeItem(tables, write)
  return input.ReturnValues === 'ALL_NEW' ? { Attributes: item } : {}
}

export function deleteItem(tables: Tables, input: JsonObject): object {
  return writeItem(tables, readDelete(tables, input))
}

/** Does all writes or none. */
export function transactWriteItems(tables: Tables, input: JsonObject): object {
  const { TransactItems: actions, ClientRequestToken: token } = input
  if (!Array.isArray(actions) || actions.length === 0 || actions.length > MAX_TRANSACTION_ITEMS) {
    throw validationError(`TransactItems must have 1 to ${MAX_TRANSACTION_ITEMS} items`)
  }
  if (typeof token === 'string' && tables.state.knowsToken(token)) return {}
  const writes = actions.map((action) => readAction(tables, action))
  const changed = new Set(writes.map(({ change: { table, partition, sort } }) => [table, partition, sort].join('\n')))
  if (changed.size < writes.length) {
    throw validationError('Transaction request cannot include multiple operations on one item')
  }
  if (writes.some(({ isRefused }) => isRefused)) throw transactionCancelled(writes.map(({ isRefused }) => isRefused))
  const changes = writes.flatMap(({ change, isCheck }) => (isCheck ? [] : [change]))
  tables.commit({ changes, ...(typeof token === 'string' && { token: { id: token, at: Date.now() } }) })
  return {}
}

/** Reads the items of a partition in the order of their sort keys, a page of at most 1 MB at a time. */
export function query(tables: Tables, input: JsonObject): object {
  const table = tableOf(tables, input)
  const condition = conditionOf(input, 'KeyConditionExpression')
  const [partitionKey, sortKey] = table.keys
  const partition = condition && findPartition(condition, partitionKey?.name ?? '')
  if (!condition || !partition) {
    throw validationError('Query condition missed key schema element: it must compare the partition key by =')
  }
  const filter = conditionOf(input, 'FilterExpression')
  const sortOf = (item: Item) => item[sortKey?.name ?? ''] ?? {}
  const direction = input.ScanIndexForward === false ? -1 : 1
  const start = input.ExclusiveStartKey === undefined ? undefined : sortOf(asItem(input, 'ExclusiveStartKey'))
  const found = [...tables.state.itemsOf(table.name, textOf(partition))]
    .filter((item) => testCondition(condition, item))
    .sort((a, b) => direction * (compareValues(sortOf(a), sortOf(b)) ?? 0))
    .filter((item) => !start || direction * (compareValues(sortOf(item), start) ?? 0) > 0)
  const page = found.slice(0, countOnPage(found, Number(input.Limit ?? Number.POSITIVE_INFINITY)))
  const last = page.length < found.length ? page.at(-1) : undefined
  const items = filter ? page.filter((item) => testCondition(filter, item)) : page
  return {
    ...(input.Select !== 'COUNT' && { Items: items }),
    Count: items.length,
    ScannedCount: page.length,
    ...(last && { LastEvaluatedKey: Object.fromEntries(table.keys.map(({ name }) => [name, last[name]])) }),
  }
}

export function describeTable(tables: Tables, input: JsonObject): object {
  const { name, arn, keys } = tableOf(tables, input)
  return {
    Table: {
      TableName: name,
      TableArn: arn,
      TableStatus: 'ACTIVE',
      KeySchema: keys.map((key, index) => ({ AttributeName: key.name, KeyType: index === 0 ? 'HASH' : 'RANGE' })),
      AttributeDefinitions: keys.map((key) => ({ AttributeName: key.name, AttributeType: key.type })),
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
    },
  }
}

function countOnPage(items: readonly Item[], limit: number): number {
  let bytes = 0
  const end = items.findIndex((item, index) => {
    bytes += sizeOf(item)
    return index >= limit || bytes > MAX_PAGE_BYTES
  })
  return end === -1 ? items.length : Math.max(1, end)
}

/** Write that was read from a request. `isRefused`: its condition is false. */
interface Write {
  readonly change: ItemChange
  readonly isRefused: boolean
  /** Item of a refused write that asks for it. */
  readonly shown?: Item | undefined
  /** True if it only tests its condition. */
  readonly isCheck?: boolean
}

function writeItem({ commit }: Tables, { change, isRefused, shown }: Write): object {
  if (isRefused) throw conditionFailed(shown)
  commit({ changes: [change] })
  return {}
}

function readAction(tables: Tables, action: unknown): Write {
  const [[kind, input] = ['', {}]] = isObject(action) ? Object.entries(action) : []
  if (!isObject(input)) throw validationError(`${kind} is not an object`)
  if (kind === 'Put') return readPut(tables, input)
  if (kind === 'Update') return readUpdate(tables, input)
  if (kind === 'Delete') return readDelete(tables, input)
  if (kind === 'ConditionCheck') return { ...readDelete(tables, input), isCheck: true }
  throw validationError('An item of TransactItems must have Put, Update, Delete or ConditionCheck')
}

function readPut(tables: Tables, input: JsonObject): Write {
  const item = asItem(input, 'Item')
  return readWrite(tables, input, item, () => item)
}

function readUpdate(tables: Tables, input: JsonObject): Write {
  const key = asItem(input, 'Key')
  const actions = parseUpdate(asText(input, 'UpdateExpression'), placeholdersOf(input))
  return readWrite(tables, input, key, (present) => updateItem({ ...key, ...present }, actions))
}

function readDelete(tables: Tables, input: JsonObject): Write {
  return readWrite(tables, input, asItem(input, 'Key'), () => undefined)
}

function readWrite(
  tables: Tables,
  input: JsonObject,
  key: Item,
  change: (present: Item | undefined) => Item | undefined,
): Write {
  const position = positionOf(tableOf(tables, input), key)
  const present = tables.state.find(position)
  const condition = conditionOf(input, 'ConditionExpression')
  if (condition && !testCondition(condition, present ?? {})) {
    const shown = input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' ? present : undefined
    return { change: position, isRefused: true, shown }
  }
  const item = change(present)
  if (item && sizeOf(item) > MAX_ITEM_BYTES) throw validationError('Item size has exceeded the maximum allowed size')
  return { change: { ...position, ...(item && { item }) }, isRefused: false }
}

function tableOf({ options }: Tables, input: JsonObject): TableOptions {
  const table = options.find(({ name, arn }) => name === input.TableName || arn === input.TableName)
  if (!table) throw tableNotFound()
  return table
}

/** @throws ValidationException for a key that is missing or has another type */
function positionOf({ name: table, keys }: TableOptions, item: Item): ItemPosition {
  const [partition = '', sort = ''] = keys.map(({ name, type }) => {
    const value = item[name]
    const text = value?.[type]
    if (value && typeof text === 'string' && text !== '') return textOf(value)
    throw validationError(`One of the required keys was not given a value of type ${type}: ${name}`)
  })
  return { table, partition, sort }
}

/** Text of a key. Keys of different types never have the same text. */
function textOf(value: AttributeValue): string {
  const [[type, text] = ['', '']] = Object.entries(value)
  return `${type}:${text}`
}

/** Finds the value of `partitionKey = value` in a condition. */
function findPartition(condition: Condition, partitionKey: string): AttributeValue | undefined {
  const parts = condition.kind === 'and' ? condition.parts : [condition]
  for (const part of parts) {
    if (part.kind !== 'compare' || part.comparator !== '=') continue
    const { left, right } = part
    if (left.kind === 'attribute' && left.name === partitionKey && right.kind === 'value') return right.value
  }
  return undefined
}

function conditionOf(input: JsonObject, name: string): Condition | undefined {
  const text = input[name]
  return typeof text === 'string' ? parseCondition(text, placeholdersOf(input)) : undefined
}

function placeholdersOf(input: JsonObject): Placeholders {
  const { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} } = input
  return { names: names as Placeholders['names'], values: values as Placeholders['values'] }
}

function asItem(input: JsonObject, name: string): Item {
  const value = input[name]
  if (isObject(value)) return value as Item
  throw validationError(`${name} is missing`)
}

function asText(input: JsonObject, name: string): string {
  const value = input[name]
  if (typeof value === 'string') return value
  throw validationError(`${name} is missing`)
}

/** Approximate size: names and values as JSON. */
function sizeOf(item: Item): number {
  return Buffer.byteLength(JSON.stringify(item))
}
