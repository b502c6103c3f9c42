import { statSync } from 'node:fs'
import { hashKey, type LocalKey, readKeys } from './key-file.ts'

export interface KeyLookup {
  /** Finds the record of a key. Throws a KeyFileError. */
  find(value: string): LocalKey | undefined
}

/** Reads the file again when it has changed, so that changes by npm run keys apply to the next request. */
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

/** Identity of a file. Each write makes a new file with another number, even within one tick of the clock. */
function versionOf(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true })
  return found && `${found.ino} ${found.mtimeNs} ${found.size}`
}
