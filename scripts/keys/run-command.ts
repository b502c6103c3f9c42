import type { KeysCommandLine } from './command-line.ts'
import { type CreatedKey, KeyCommandError, type KeyLimits, type KeyStore, type StoredKey } from './key-store.ts'

/** Output of a command. */
export interface KeysOutput {
  /** Text for stdout: a key's value, or the list. */
  readonly result: string
  /** Text for the operator. */
  readonly note: string
  /** Id of a new key. */
  readonly id?: string
}

/**
 * Runs one command. `options` select the store in a command that the operator is told to run. Throws a KeyCommandError
 * when the command cannot be done.
 */
export async function runCommand(
  { command, name, grace }: Omit<KeysCommandLine, 'place'>,
  store: KeyStore,
  options = '',
): Promise<KeysOutput> {
  const keys = await store.list()
  switch (command) {
    case 'list':
      return { result: describeKeys(keys), note: keys.length === 0 ? 'There are no keys.' : '' }
    case 'create':
      return create(name, keys, store)
    case 'disable':
      return disable(name, keys, store)
    case 'enable':
      return enable(name, keys, store)
    case 'rotate':
      return rotate(name, keys, store, grace ? (id) => `npm run keys -- disable ${id}${options}` : undefined)
  }
}

async function create(name: string, keys: readonly StoredKey[], store: KeyStore): Promise<KeysOutput> {
  if (matching(name, keys).length > 0) {
    throw new KeyCommandError(`${name} has a key already. Enable or rotate it, or choose another name.`)
  }
  return show(await store.create(name), '')
}

async function disable(name: string, keys: readonly StoredKey[], store: KeyStore): Promise<KeysOutput> {
  const found = findKeys(name, keys)
  for (const { id } of found) await store.setEnabled(id, false)
  return { result: '', note: `Disabled: ${found.map(({ id }) => id).join(', ')}` }
}

async function enable(name: string, keys: readonly StoredKey[], store: KeyStore): Promise<KeysOutput> {
  const { id } = only(name, findKeys(name, keys))
  await store.setEnabled(id, true)
  return { result: '', note: `Enabled: ${id}` }
}

/** Creates the new key first, so that a failure in between leaves the caller with a key that works. */
async function rotate(
  name: string,
  keys: readonly StoredKey[],
  store: KeyStore,
  /** With --grace: the command that disables the old key later. */
  commandToDisable: ((id: string) => string) | undefined,
): Promise<KeysOutput> {
  const enabled = findKeys(name, keys).filter((key) => key.enabled)
  if (enabled.length === 0) throw new KeyCommandError(`${name} has no enabled key.`)
  const old = only(name, enabled)
  const created = await store.create(old.name)
  if (commandToDisable) return show(created, `The old key stays enabled until you run: ${commandToDisable(old.id)}`)
  await store.setEnabled(old.id, false)
  return show(created, `The old key ${old.id} is disabled. Only this key can read its jobs: enable it again for that.`)
}

function show(key: CreatedKey, note: string): KeysOutput {
  const lines = [`Key ${key.id} for ${key.name}. Its value is shown only now:`, note]
  return { result: key.value, note: lines.filter((line) => line !== '').join('\n'), id: key.id }
}

/** Keys with this name or id. */
function matching(name: string, keys: readonly StoredKey[]): readonly StoredKey[] {
  return keys.filter((key) => key.name === name || key.id === name)
}

function findKeys(name: string, keys: readonly StoredKey[]): readonly StoredKey[] {
  const found = matching(name, keys)
  if (found.length === 0) throw new KeyCommandError(`There is no key ${name}.`)
  return found
}

function only(name: string, found: readonly StoredKey[]): StoredKey {
  const [key, other] = found
  if (!key || other) {
    throw new KeyCommandError(`${name} has several keys. Give the id of one of them:\n${describeKeys(found)}`)
  }
  return key
}

function describeKeys(keys: readonly StoredKey[]): string {
  const width = Math.max(4, ...keys.map(({ name }) => name.length))
  return keys
    .toSorted((left, right) => left.name.localeCompare(right.name))
    .map(({ name, id, enabled, createdDate, limits }) =>
      [
        name.padEnd(width),
        id,
        enabled ? 'enabled ' : 'disabled',
        createdDate?.toISOString().slice(0, 10) ?? '',
        ...describeLimits(limits),
      ]
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function describeLimits({ requestsPerSecond, burst, quota }: KeyLimits = {}): string[] {
  return Object.entries({ rate: requestsPerSecond, burst, quota }).flatMap(([name, limit]) =>
    limit === undefined ? [] : [`${name} ${limit}`],
  )
}
