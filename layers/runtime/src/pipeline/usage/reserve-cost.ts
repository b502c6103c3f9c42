import { setTimeout as wait } from 'node:timers/promises'
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  TransactionConflictException,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb'
import { formatUsd } from '../cost/estimate-cost.ts'
import type { Budget, Reservation, Shortage } from './budget.ts'
import { dayAttribute, heldAttribute, type Item, keyOf, monthKey, numberIn } from './usage-items.ts'

/** Reservations of calls in progress. */
export interface Reservations {
  /**
   * Holds back the highest cost of a call, if it fits into the budget together with all that was spent and is held back.
   *
   * @returns undefined if it is held back
   * @throws the SDK's error if DynamoDB does not take it
   */
  reserve(reservation: Reservation, budget: Pick<Budget, 'perDay' | 'perMonth'>): Promise<Shortage | undefined>
  /** Gives a reservation back, of a call that cost nothing and is not counted. */
  release(reservation: Reservation): Promise<void>
}

/** Tries of a write that meets another one. */
const MAX_TRIES = 8
const FIRST_PAUSE_MS = 5

/**
 * Creates the reservations in the items of callers' months. `held` and `heldDD` are the cost of a month and of a day, and what
 * calls in progress hold back: one conditional write adds to both, so that concurrent calls never exceed a budget together.
 */
export function createReservations(client: DynamoDBClient, table: string): Reservations {
  /** Updates the item of a caller's month. Returns the item if the condition is false. */
  async function update(
    { caller, day }: Reservation,
    input: Pick<UpdateItemCommandInput, 'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeValues'>,
  ): Promise<Item | undefined> {
    const names = { '#held': 'held', '#heldDay': heldAttribute(day), '#usd': 'usd', '#day': dayAttribute(day) }
    const text = `${input.UpdateExpression} ${input.ConditionExpression}`
    const command = new UpdateItemCommand({
      TableName: table,
      Key: keyOf(monthKey(day), caller),
      ...input,
      // DynamoDB refuses names that no expression has.
      ExpressionAttributeNames: Object.fromEntries(
        Object.entries(names).filter(([name]) => new RegExp(`${name}\\b`).test(text)),
      ),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    })
    for (let attempt = 1; ; attempt += 1) {
      try {
        await client.send(command)
        return undefined
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return error.Item ?? {}
        if (!(error instanceof TransactionConflictException) || attempt >= MAX_TRIES) throw error
        await wait(Math.random() * FIRST_PAUSE_MS * 2 ** attempt)
      }
    }
  }

  async function hold(reservation: Reservation, { perDay, perMonth }: Pick<Budget, 'perDay' | 'perMonth'>) {
    const { usd } = reservation
    return update(reservation, {
      UpdateExpression:
        'SET #held = if_not_exists(#held, :zero) + :usd, #heldDay = if_not_exists(#heldDay, :zero) + :usd',
      ConditionExpression: [
        isAtLeast('#held', '#usd'),
        isAtLeast('#heldDay', '#day'),
        ...(perMonth === undefined ? [] : ['(attribute_not_exists(#held) OR #held <= :most)']),
        ...(perDay === undefined ? [] : ['(attribute_not_exists(#heldDay) OR #heldDay <= :mostDay)']),
      ].join(' AND '),
      ExpressionAttributeValues: {
        ':zero': { N: '0' },
        ':usd': toValue(usd),
        ...(perMonth !== undefined && { ':most': toValue(perMonth - usd) }),
        ...(perDay !== undefined && { ':mostDay': toValue(perDay - usd) }),
      },
    })
  }

  /** Repairs an item whose calls were counted without reservations: at least what was spent is held back. */
  async function repair(reservation: Reservation, item: Item): Promise<void> {
    const { day } = reservation
    const old = Object.entries({ '#held': 'held', '#heldDay': heldAttribute(day) }).map(([placeholder, name]) => ({
      placeholder,
      value: item[name],
    }))
    await update(reservation, {
      UpdateExpression: 'SET #held = :month, #heldDay = :today',
      ConditionExpression: old
        .map(({ placeholder, value }) =>
          value ? `${placeholder} = :old${placeholder.slice(1)}` : `attribute_not_exists(${placeholder})`,
        )
        .join(' AND '),
      ExpressionAttributeValues: {
        ':month': toValue(heldIn(item, 'held', 'usd')),
        ':today': toValue(heldIn(item, heldAttribute(day), dayAttribute(day))),
        ...Object.fromEntries(
          old.flatMap(({ placeholder, value }) => (value ? [[`:old${placeholder.slice(1)}`, value] as const] : [])),
        ),
      },
    })
  }

  return {
    async reserve(reservation, budget) {
      const { day, usd } = reservation
      const limits = [
        { period: 'month', held: 'held', spent: 'usd', limit: budget.perMonth } as const,
        { period: 'day', held: heldAttribute(day), spent: dayAttribute(day), limit: budget.perDay } as const,
      ]
      let item: Item | undefined = {}
      for (let attempt = 1; ; attempt += 1) {
        for (const { period, held, spent, limit } of limits) {
          const heldUsd = heldIn(item, held, spent)
          if (exceeds(heldUsd + usd, limit)) return { period, heldUsd }
        }
        item = await hold(reservation, budget)
        if (!item) return undefined
        if (attempt === MAX_TRIES) throw new Error('the budget changes too often')
        const found = item
        if (!limits.some(({ held, spent, limit }) => exceeds(heldIn(found, held, spent) + usd, limit))) {
          await repair(reservation, found)
        }
      }
    },
    async release(reservation) {
      await update(reservation, {
        UpdateExpression: 'ADD #held :given, #heldDay :given',
        ExpressionAttributeValues: { ':given': { N: `-${formatUsd(reservation.usd)}` } },
      })
    },
  }
}

/** Condition that an attribute with what is held back includes what was spent. */
function isAtLeast(held: string, spent: string): string {
  return `(attribute_not_exists(${spent}) OR ${held} >= ${spent})`
}

/** Compares without the error of binary fractions. */
function exceeds(usd: number, limit: number | undefined): boolean {
  return limit !== undefined && Math.round((usd - limit) * 1e10) > 0
}

function heldIn(item: Item, held: string, spent: string): number {
  return Math.max(numberIn(item, held), numberIn(item, spent))
}

function toValue(usd: number): AttributeValue {
  return { N: formatUsd(Math.round(usd * 1e10) / 1e10) }
}
