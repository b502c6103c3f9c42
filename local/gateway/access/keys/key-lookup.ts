import { statSync } from 'node:fs'
import { hashKey, type LocalKey, readKeys } from './key-file.ts'

export interface KeyLookup {
  /** By the key itself. Throws a KeyFileError. */
  find(value: string): LocalKey | undefined
}

/** Reads the file whenever it is another one than before: what npm run keys does counts from the next request on. */
export function createKeyLookup(path: string): KeyLookup {
  let version: string | undefined
  let keys: ReadonlyMap<string, LocalKey> = new Map()
  return {
    find(value) {
      const found = versionOf(path)
      if (found !== version) {
        keys = new Map(readKeys(path).map((key) => [key.sha256, key]))
        version = found
      }
      return keys.get(hashKey(value))
    },
  }
}

/** Every writing makes a new file, whose number differs even within one tick of the clock. */
function versionOf(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true })
  return found && `${found.ino} ${found.mtimeNs} ${found.size}`
}
