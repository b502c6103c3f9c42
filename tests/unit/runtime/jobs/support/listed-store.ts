import type { ObjectStore } from '@bedrock-functions/runtime/object-store'

export interface ListedStore {
  readonly store: ObjectStore
  /** Number of LIST requests. */
  readonly lists: number
}

const PAGE_KEYS = 1000

/** Objects in memory that are listed and read as in S3: in the byte order of keys, 1,000 per page. */
export function createListedStore(objects: ReadonlyMap<string, string>): ListedStore {
  const keys = [...objects.keys()].sort()
  let lists = 0
  const refuse = () => Promise.reject(new Error('this store is for reading'))

  /** Returns the index of the first key after this one. */
  function indexBehind(key: string): number {
    let low = 0
    let high = keys.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((keys[middle] ?? '') > key) high = middle
      else low = middle + 1
    }
    return low
  }

  const store = {
    bucket: 'jobs-bucket',
    async list(prefix: string, { startAfter = '' } = {}) {
      lists += 1
      const first = indexBehind(startAfter > prefix ? startAfter : prefix)
      const page: string[] = []
      for (let index = first; page.length < PAGE_KEYS && keys[index]?.startsWith(prefix); index += 1) {
        page.push(keys[index] ?? '')
      }
      return { keys: page, isTruncated: keys[first + page.length]?.startsWith(prefix) ?? false }
    },
    async get({ key }: { key: string }) {
      const body = objects.get(key)
      return body === undefined ? undefined : { body: Buffer.from(body), etag: '', metadata: {} }
    },
    head: refuse,
    put: refuse,
    putNew: refuse,
    replace: refuse,
    delete: refuse,
  }
  return {
    store: store as unknown as ObjectStore,
    get lists() {
      return lists
    },
  }
}
