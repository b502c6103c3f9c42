import type { AttributeValue } from '@aws-sdk/client-dynamodb'

/** Item of the ledger's table. */
export type Item = Readonly<Record<string, AttributeValue>>

/** Makes the key of an item. */
export function keyOf(pk: string, sk: string): Record<'pk' | 'sk', AttributeValue> {
  return { pk: { S: pk }, sk: { S: sk } }
}

/** Attribute with the cost of a day, YYYY-MM-DD, in the item of its month. */
export function dayAttribute(day: string): string {
  return `day${day.slice(8)}`
}

/** Attribute with what is spent and held back on a day, in the item of its month. */
export function heldAttribute(day: string): string {
  return `held${day.slice(8)}`
}

/** Makes the partition key of a day's month. */
export function monthKey(day: string): string {
  return `month#${day.slice(0, 7)}`
}

/** Reads a number of an item; 0 if it is absent. */
export function numberIn(item: Item, name: string): number {
  return Number(item[name]?.N ?? 0)
}
