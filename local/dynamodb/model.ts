/** Value as DynamoDB's protocol writes it: `{"S": "text"}`, `{"N": "1"}`. */
export type AttributeValue = Readonly<Record<string, unknown>>

export type Item = Readonly<Record<string, AttributeValue>>

/** Table of the template. */
export interface TableOptions {
  readonly name: string
  readonly arn: string
  /** Name and type of the partition key, and of the sort key if there is one. */
  readonly keys: readonly TableKey[]
  /** Attribute with the time at which an item expires, in seconds since 1970. */
  readonly ttlAttribute?: string
}

export interface TableKey {
  readonly name: string
  readonly type: 'S' | 'N'
}

/** Position of an item: text of its partition key and of its sort key. */
export interface ItemPosition {
  readonly table: string
  readonly partition: string
  readonly sort: string
}

/** Change of an item; without `item` it is deleted. */
export interface ItemChange extends ItemPosition {
  readonly item?: Item
}

/** Record of the journal: all changes of one write, so that a crash never leaves a part of a transaction. */
export interface TableRecord {
  readonly changes: readonly ItemChange[]
  /** Token of a transaction, with its time. */
  readonly token?: { readonly id: string; readonly at: number }
}
