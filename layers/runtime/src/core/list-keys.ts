import type { ObjectStore } from './object-store.ts'

/** Lists all keys below a prefix of the stack's bucket, in ascending order. Each page of 1,000 costs one request. */
export async function* listKeys(store: Pick<ObjectStore, 'list'>, prefix: string): AsyncGenerator<string> {
  let continuation: string | undefined
  do {
    const page = await store.list(prefix, continuation === undefined ? {} : { continuation })
    yield* page.keys
    continuation = page.continuation
  } while (continuation !== undefined)
}
