import '../../core/index.ts'
import { setTimeout as wait } from 'node:timers/promises'
import {
  type AttributeValue,
  DeleteItemCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { add, type Decimal, formatUsd, toDecimal, toText, ZERO } from '../cost/estimate-cost.ts'
import { type Budget, type Spent, STACK } from './budget.ts'
import { createReservations, type Reservations } from './reserve-cost.ts'
import { COUNTS, type Counts, type UsageEntry, type UsageRow } from './usage-entry.ts'
import { dayAttribute, heldAttribute, type Item, keyOf, monthKey, numberIn } from './usage-items.ts'

/**
 * Table of the ledger. Its items, by their keys `pk` and `sk`:
 *
 * - `caller#CALLER`, `DAY#MODEL`: the usage of a caller on a day (UTC) with a model
 * - `month#MONTH`, `CALLER`: the usage of a caller in a month, with the cost of each day in `dayDD`. With reservations, `held`
 *   and `heldDD` are the cost and what calls in progress hold back
 * - `budgets`, `stack` or `caller#PATTERN`: a budget
 * - `notices#MONTH`, `DAY#PERCENT#CALLER` or `MONTH#PERCENT#CALLER`: an event about a budget that was sent
 * - `call#ID`, `-`: a call that was added. TTL removes it when no write can repeat it any more
 */
export interface UsageTable extends Reservations {
  /**
   * Adds entries, each once: an entry whose id was added is left out.
   *
   * @param entries at most MAX_ENTRIES
   * @throws the SDK's error if DynamoDB does not take them. Some errors leave open whether it took them
   */
  add(entries: readonly UsageEntry[]): Promise<void>
  /** Reads the usage of a caller by day and model. Both days, YYYY-MM-DD, are included. */
  readDays(caller: string, from: string, to: string): Promise<(UsageRow & { day: string; modelId: string })[]>
  /** Reads the usage of all callers in a month, YYYY-MM. */
  readMonth(month: string): Promise<(UsageRow & { caller: string })[]>
  /** Reads what a caller, or without one all callers, have spent on a day, YYYY-MM-DD, and in its month. */
  readSpent(caller: string | undefined, day: string): Promise<Spent>
  /** Reads what each caller has spent on a day, YYYY-MM-DD, and in its month. */
  readSpentOfAll(day: string): Promise<Map<string, Spent>>
  readBudgets(): Promise<Budget[]>
  /** Sets a budget and replaces the earlier one. */
  setBudget(budget: Budget): Promise<void>
  removeBudget(of: string): Promise<void>
  /** Reads the ids of the notices of a day's month. */
  readNotices(day: string): Promise<ReadonlySet<string>>
  /** Notes that a notice was sent. @param now milliseconds since 1970 */
  putNotice(day: string, id: string, now: number): Promise<void>
}

export interface UsageTableOptions {
  readonly name: string
  readonly retentionDays: number
  /** True if calls hold back their highest cost. */
  readonly reserves?: boolean
}

/** Digits of a dollar after the point, as in costs of calls. */
const DECIMALS = 10
const SECONDS_PER_DAY = 86_400
/** Days for which an id is kept: longer than the bucket keeps usage that waits. */
const ID_DAYS = 15
/** Tries of a write that meets another one. */
const MAX_TRIES = 6
const FIRST_PAUSE_MS = 10
/** Limit of DynamoDB for a sort key is 1,024 bytes. An ARN of a model may have more characters. */
const MAX_MODEL_LENGTH = 1000

export function createUsageTable(
  { name, retentionDays, reserves = false }: UsageTableOptions,
  clientConfiguration: DynamoDBClientConfig = {},
): UsageTable {
  const client = new DynamoDBClient({
    requestHandler: new NodeHttpHandler({
      connectionTimeout: 1000,
      requestTimeout: 3000,
      throwOnRequestTimeout: true,
    }),
    maxAttempts: 3,
    ...clientConfiguration,
  })

  function putId({ id, time }: UsageEntry): TransactWriteItem {
    return {
      Put: {
        TableName: name,
        Item: { ...keyOf(`call#${id}`, '-'), expires: expiryOf(time, ID_DAYS) },
        ConditionExpression: 'attribute_not_exists(pk)',
      },
    }
  }

  function updateOf({ pk, sk, time, sums }: Sums): TransactWriteItem {
    const parts = [...sums].filter(([, sum]) => sum.units !== 0n)
    const additions = parts.map((_, index) => `#n${index} :n${index}`).join(', ')
    return {
      Update: {
        TableName: name,
        Key: keyOf(pk, sk),
        UpdateExpression: ['SET #expires = :expires', ...(parts.length > 0 ? [`ADD ${additions}`] : [])].join(' '),
        ExpressionAttributeNames: {
          '#expires': 'expires',
          ...Object.fromEntries(parts.map(([attribute], index) => [`#n${index}`, attribute])),
        },
        ExpressionAttributeValues: {
          ':expires': expiryOf(time, retentionDays),
          ...Object.fromEntries(parts.map(([, sum], index) => [`:n${index}`, { N: writeSigned(sum) }])),
        },
      },
    }
  }

  async function query(pk: string, range?: { from: string; to: string }): Promise<Item[]> {
    const input = {
      TableName: name,
      KeyConditionExpression: range ? 'pk = :pk AND sk BETWEEN :from AND :to' : 'pk = :pk',
      ExpressionAttributeValues: {
        ':pk': { S: pk },
        ...(range && { ':from': { S: range.from }, ':to': { S: range.to } }),
      },
    }
    const found: Item[] = []
    for await (const { Items = [] } of paginateQuery({ client }, input)) found.push(...Items)
    return found
  }

  return {
    ...createReservations(client, name),
    async readDays(caller, from, to) {
      // The sort keys of the last day begin with it.
      const found = await query(`caller#${caller}`, { from, to: `${to}#~` })
      return found.map((item) => {
        const { S: sk = '' } = item.sk ?? {}
        return { day: sk.slice(0, 10), modelId: sk.slice(11), ...toRow(item) }
      })
    },
    async readMonth(month) {
      const found = await query(`month#${month}`)
      return found.map((item) => ({ caller: item.sk?.S ?? '', ...toRow(item) }))
    },
    async readSpent(caller, day) {
      const pk = monthKey(day)
      const items =
        caller === undefined
          ? await query(pk)
          : [(await client.send(new GetItemCommand({ TableName: name, Key: keyOf(pk, caller) }))).Item ?? {}]
      const sumOf = (attribute: string) => {
        const sum = items.reduce((total, item) => add(total, toDecimal(numberIn(item, attribute))), ZERO)
        return Number(toText(sum, DECIMALS))
      }
      return { day: sumOf(dayAttribute(day)), month: sumOf('usd') }
    },
    async readSpentOfAll(day) {
      const found = await query(monthKey(day))
      return new Map(
        found.map((item) => [
          item.sk?.S ?? '',
          { day: numberIn(item, dayAttribute(day)), month: numberIn(item, 'usd') },
        ]),
      )
    },
    async readNotices(day) {
      return new Set((await query(noticesKey(day))).map(({ sk }) => sk?.S ?? ''))
    },
    async putNotice(day, id, now) {
      const Item = { ...keyOf(noticesKey(day), id), expires: expiryOf(now, NOTICE_DAYS) }
      await client.send(new PutItemCommand({ TableName: name, Item }))
    },
    async readBudgets() {
      return (await query(BUDGETS)).map((item) => {
        const { sk, perDay, perMonth, allowsUnpriced } = item
        return {
          of: sk?.S === STACK ? STACK : (sk?.S ?? '').slice('caller#'.length),
          ...(perDay && { perDay: numberIn(item, 'perDay') }),
          ...(perMonth && { perMonth: numberIn(item, 'perMonth') }),
          allowsUnpriced: allowsUnpriced?.BOOL ?? false,
        }
      })
    },
    async setBudget({ of, perDay, perMonth, allowsUnpriced }) {
      const Item = {
        ...keyOf(BUDGETS, budgetKey(of)),
        ...(perDay !== undefined && { perDay: { N: formatUsd(perDay) } }),
        ...(perMonth !== undefined && { perMonth: { N: formatUsd(perMonth) } }),
        allowsUnpriced: { BOOL: allowsUnpriced },
      }
      await client.send(new PutItemCommand({ TableName: name, Item }))
    },
    async removeBudget(of) {
      await client.send(new DeleteItemCommand({ TableName: name, Key: keyOf(BUDGETS, budgetKey(of)) }))
    },
    async add(entries) {
      let open = entries
      for (let attempt = 1; open.length > 0; attempt += 1) {
        try {
          const TransactItems = [...open.map(putId), ...sumUp(open, reserves).map(updateOf)]
          await client.send(new TransactWriteItemsCommand({ TransactItems }))
          return
        } catch (error) {
          if (!(error instanceof TransactionCanceledException)) throw error
          // The first items are the ids, in the order of the entries.
          const { CancellationReasons: reasons = [] } = error
          const isNew = (_: UsageEntry, index: number) => reasons[index]?.Code !== 'ConditionalCheckFailed'
          const left = open.filter(isNew)
          if (left.length === open.length) {
            if (attempt >= MAX_TRIES) throw error
            // Random, so that two writers do not meet again.
            await wait(Math.random() * FIRST_PAUSE_MS * 2 ** attempt)
          }
          open = left
        }
      }
    },
  }
}

/** Days for which a notice is kept: longer than a month, so that it is not sent again. */
const NOTICE_DAYS = 40

function noticesKey(day: string): string {
  return `notices#${day.slice(0, 7)}`
}

/** Partition of the budgets. */
const BUDGETS = 'budgets'

function budgetKey(of: string): string {
  return of === STACK ? STACK : `caller#${of}`
}

/** Difference between the true cost and the reservation, without the error of binary fractions. */
function settle(usd: number | null, reservedUsd: number): number {
  return usd === null ? 0 : (Math.round(usd * 1e10) - Math.round(reservedUsd * 1e10)) / 1e10
}

function writeSigned({ units, scale }: Decimal): string {
  return units < 0n ? `-${toText({ units: -units, scale }, DECIMALS)}` : toText({ units, scale }, DECIMALS)
}

function toRow(item: Item): UsageRow {
  const counts = Object.fromEntries(COUNTS.map((name) => [name, numberIn(item, name)]))
  return { ...(counts as Required<Counts>), usd: numberIn(item, 'usd') }
}

function expiryOf(time: number, days: number): AttributeValue {
  return { N: String(Math.floor(time / 1000) + days * SECONDS_PER_DAY) }
}

/** Sums that are added to one item. */
interface Sums {
  readonly pk: string
  readonly sk: string
  time: number
  readonly sums: Map<string, Decimal>
}

/** Sums up entries by the items that they change. A transaction can change an item only once. */
function sumUp(entries: readonly UsageEntry[], reserves: boolean): Sums[] {
  const items = new Map<string, Sums>()
  function addTo(pk: string, sk: string, time: number, amounts: Iterable<readonly [string, number]>): void {
    const key = `${pk}\n${sk}`
    const item = items.get(key) ?? { pk, sk, time, sums: new Map<string, Decimal>() }
    items.set(key, item)
    item.time = Math.max(item.time, time)
    for (const [name, amount] of amounts) {
      item.sums.set(name, add(item.sums.get(name) ?? ZERO, toDecimal(amount)))
    }
  }
  for (const entry of entries) {
    const { caller, modelId, time, usd, reserved } = entry
    const counts = Object.entries(entry.counts)
    const day = new Date(time).toISOString().slice(0, 10)
    addTo(`caller#${caller}`, `${day}#${modelId.slice(0, MAX_MODEL_LENGTH)}`, time, [...counts, ['usd', usd ?? 0]])
    addTo(monthKey(day), caller, time, [...counts, ['usd', usd ?? 0], [dayAttribute(day), usd ?? 0]])
    if (!reserves) continue
    const heldDay = reserved?.day ?? day
    // A call of unknown cost keeps what it holds back.
    const settled = settle(usd, reserved?.usd ?? 0)
    addTo(monthKey(heldDay), caller, time, [
      ['held', settled],
      [heldAttribute(heldDay), settled],
    ])
  }
  return [...items.values()]
}
