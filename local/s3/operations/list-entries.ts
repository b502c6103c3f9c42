import type { SortedKeys } from '../storage/sorted-keys.ts'

/** A step of a listing: a key, or all keys that share a prefix up to the delimiter. */
export type Entry = { readonly key: string } | { readonly commonPrefix: string }

export interface Walk {
  readonly keys: SortedKeys
  readonly prefix: string
  /** Empty for no delimiter. */
  readonly delimiter: string
  /** Index of the first key. */
  readonly start: number
  /** True for keys that are not listed and make no common prefix. */
  readonly isHidden: (key: string) => boolean
}

/** Yields keys and common prefixes in S3's order. Skips the keys behind a common prefix. */
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

/** Returns the index after a key, or after all keys of a common prefix. */
export function indexAfterEntry(keys: SortedKeys, entry: Entry): number {
  return 'key' in entry ? keys.indexAfter(entry.key) : keys.indexAfterPrefix(entry.commonPrefix)
}

/** Encodes for `encoding-type=url`, for keys that XML cannot hold. A space becomes `+`; slashes stay. */
export function encodeKey(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%2F', '/')
    .replaceAll('%2A', '*')
    .replaceAll('%20', '+')
}
