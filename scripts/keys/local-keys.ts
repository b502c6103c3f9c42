import { randomInt } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { hashKey, type LocalKey, readKeys, writeKeys } from '../../local/gateway/access/keys/key-file.ts'
import { keyFileOf } from '../../local/gateway/access/stack-access.ts'
import { withLock } from '../with-lock.ts'
import type { KeyLimits, KeyStore, StoredKey } from './key-store.ts'

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'
const DIGITS = '0123456789'

/** Keys of the local stack, in the form of API Gateway's. A running stack sees every change at once. */
export function createLocalKeys(stateDirectory: string, limits: KeyLimits): KeyStore {
  const path = keyFileOf(stateDirectory)

  async function change(changed: (keys: readonly LocalKey[]) => readonly LocalKey[]): Promise<void> {
    await mkdir(stateDirectory, { recursive: true })
    await withLock(`${path}.lock`, async () => writeKeys(path, changed(readKeys(path))))
  }

  return {
    list: async () => readKeys(path).map(describe),
    async create(name) {
      const value = randomText(40, LETTERS + LETTERS.toUpperCase() + DIGITS)
      // A rotated key keeps its limits.
      const known = readKeys(path).findLast((key) => key.name === name)
      const key: LocalKey = {
        id: randomText(10, LETTERS + DIGITS),
        name,
        sha256: hashKey(value),
        enabled: true,
        createdDate: new Date().toISOString(),
        ...(known && limitsOf(known)),
        ...limits,
      }
      await change((keys) => [...keys, key])
      return { ...describe(key), value }
    },
    setEnabled: (id, enabled) => change((keys) => keys.map((key) => (key.id === id ? { ...key, enabled } : key))),
  }
}

function randomText(length: number, alphabet: string): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}

function describe(key: LocalKey): StoredKey {
  const { id, name, enabled, createdDate } = key
  return { id, name, enabled, createdDate: new Date(createdDate), limits: limitsOf(key) }
}

function limitsOf({ requestsPerSecond, burst, quota }: LocalKey): KeyLimits {
  return {
    ...(requestsPerSecond !== undefined && { requestsPerSecond }),
    ...(burst !== undefined && { burst }),
    ...(quota !== undefined && { quota }),
  }
}
