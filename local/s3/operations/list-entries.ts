import type { SortedKeys } from '../storage/sorted-keys.ts'

/** A step of a listing: a key, or all keys that share a prefix up to the delimiter. */
export type Entry = { readonly key: string } | { readonly commonPrefix: string }

export interface Walk {
  readonly keys: SortedKeys
  readonly prefix: string
  /** Empty for none. */
  readonly delimiter: string
  /** Index among the keys at which to begin. */
  readonly start: number
  /** Keys that are not listed, and that make no common prefix. */
  readonly isHidden: (key: string) => boolean
}

/** Walks the keys with the prefix in S3's order; leaps over what a common prefix stands for. */
export function* listEntries({ keys, prefix, delimiter, start, isHidden }: Walk): Generator<Entry> {
  let index = Math.max(start, keys.indexFrom(prefix))
  for (let key = keys.at(index); key?.startsWith(prefix); key = keys.at(index)) {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    if (isHidden(key)) index += 1
    else if (end === -1) {
      yield { key }
      index += 1
    } else {
      const commonPrefix = key.slice(0, end + delimiter.length)
      yield { commonPrefix }
      index = keys.indexAfterPrefix(commonPrefix)
    }
  }
}

/** Where a listing goes on behind a key or, when it ended with one, behind a common prefix. */
export function indexBehind(keys: SortedKeys, entry: Entry): number {
  return 'key' in entry ? keys.indexAfter(entry.key) : keys.indexAfterPrefix(entry.commonPrefix)
}

/** `encoding-type=url`: for keys that XML cannot hold. A space becomes `+`; slashes stay. */
export function encodeKey(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%2F', '/')
    .replaceAll('%2A', '*')
    .replaceAll('%20', '+')
}
