import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { isObject } from '../../../template/json.ts'

/** Record of a key of the local stack, with its hash and never the key itself. */
export interface LocalKey {
  readonly id: string
  readonly name: string
  /** Hash of the key, in hexadecimal. */
  readonly sha256: string
  readonly enabled: boolean
  /** ISO 8601. */
  readonly createdDate: string
  /** Limits of this key, which replace those of the usage plan. */
  readonly requestsPerSecond?: number
  readonly burst?: number
  /** Requests of one period of the plan; a month if the plan has no period. */
  readonly quota?: number
}

/** Error of a file that is not a file of keys. */
export class KeyFileError extends Error {}

/** Hashes a key. Keys are long and random, so a plain hash cannot be reversed. */
export function hashKey(value: string): string {
  return createHash('sha256').update(value).digest('hex')
}

/** Reads the keys; none if there is no file. Throws a KeyFileError. */
export function readKeys(path: string): readonly LocalKey[] {
  if (!existsSync(path)) return []
  const content = parse(readFileSync(path, 'utf8'))
  const keys = isObject(content) ? content.keys : undefined
  if (!Array.isArray(keys) || !keys.every(isKey)) throw new KeyFileError(`${path} is not a file of npm run keys`)
  return keys
}

/** Writes the keys with a rename, so that a running stack never reads half a file. */
export function writeKeys(path: string, keys: readonly LocalKey[]): void {
  mkdirSync(dirname(path), { recursive: true })
  const written = `${path}.new`
  writeFileSync(written, `${JSON.stringify({ keys }, null, 2)}\n`, { mode: 0o600 })
  renameSync(written, path)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isKey(value: unknown): value is LocalKey {
  if (!isObject(value)) return false
  const { id, name, sha256, enabled, createdDate, requestsPerSecond, burst, quota } = value
  return (
    [id, name, sha256, createdDate].every((text) => typeof text === 'string') &&
    typeof enabled === 'boolean' &&
    [requestsPerSecond, burst, quota].every((limit) => limit === undefined || typeof limit === 'number')
  )
}
