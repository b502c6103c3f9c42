/** Item with its position in the dataset. */
export interface Item {
  readonly index: number
  readonly value: unknown
}

/** Items of a distributed Map, in an order that is the same each time. They are read as they are asked for. */
export interface ItemSource {
  /** `$states.context.Map.Item.Source`: `STATE_DATA`, or the place in S3. */
  readonly name: string
  /** Version of the data; undefined where the Map keeps a copy of them. */
  readonly etag: string | undefined
  /** Counts the items and checks that each can be read. */
  count(): Promise<number>
  /** @param isDone tells items to leave out */
  read(isDone: (index: number) => boolean): AsyncGenerator<Item>
}
