import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApiKeys } from '../../../local/gateway/access/keys/api-keys.ts'
import { describePlace, parseKeysCommandLine } from '../../../scripts/keys/command-line.ts'
import { createLocalKeys } from '../../../scripts/keys/local-keys.ts'
import { runCommand } from '../../../scripts/keys/run-command.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'local-keys-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const state = () => join(directory, 'state')
const keyFile = () => join(state(), 'keys.json')
const create = async (name: string, limits = {}) =>
  (await runCommand({ command: 'create', name, grace: false }, createLocalKeys(state(), limits))).result

test('a key has the form of API Gateway’s, and the file has only its hash and is readable only by its owner', async () => {
  const value = await create('alice')
  expect(value).toMatch(/^[A-Za-z\d]{40}$/)
  expect(readFileSync(keyFile(), 'utf8')).not.toContain(value)
  if (process.platform !== 'win32') expect(statSync(keyFile()).mode & 0o777).toBe(0o600)
})

test('a running gateway follows the commands from the next request on', async () => {
  const keys = createApiKeys({ keyFile: keyFile(), usageFile: join(state(), 'usage.json'), plan: undefined })
  expect(() => keys.admit('x'.repeat(40))).toThrow('Forbidden')
  const old = await create('alice')
  expect(keys.admit(old).name).toBe('alice')
  const store = createLocalKeys(state(), {})
  const { result: rotated } = await runCommand({ command: 'rotate', name: 'alice', grace: false }, store)
  expect(() => keys.admit(old)).toThrow('Forbidden')
  expect(keys.admit(rotated).name).toBe('alice')
  await runCommand({ command: 'disable', name: 'alice', grace: false }, store)
  expect(() => keys.admit(rotated)).toThrow('Forbidden')
  keys.close()
})

test('keys that are created at the same time are all kept', async () => {
  const names = Array.from({ length: 10 }, (_, number) => `caller-${number}`)
  await Promise.all(names.map((name) => create(name)))
  const listed = (await createLocalKeys(state(), {}).list()).map(({ name }) => name)
  expect(listed.toSorted()).toEqual(names)
})

test('a rotated key keeps its limits', async () => {
  await create('alice', { requestsPerSecond: 2, quota: 5 })
  await runCommand({ command: 'rotate', name: 'alice', grace: false }, createLocalKeys(state(), { quota: 9 }))
  const { keys } = JSON.parse(readFileSync(keyFile(), 'utf8'))
  expect(keys[1]).toMatchObject({ name: 'alice', requestsPerSecond: 2, quota: 9 })
})

test('a file without keys is neither read nor overwritten', async () => {
  await create('alice')
  writeFileSync(keyFile(), '{"keys": [{"id": 1}]}')
  await expect(create('bob')).rejects.toThrow(`${keyFile()} is not a file of npm run keys`)
  expect(readFileSync(keyFile(), 'utf8')).toBe('{"keys": [{"id": 1}]}')
})

test('list shows the limits of a key', async () => {
  await create('alice')
  await create('bob', { requestsPerSecond: 0.5, burst: 2, quota: 5 })
  const { result } = await runCommand({ command: 'list', name: '', grace: false }, createLocalKeys(state(), {}))
  const [alice, bob] = result.split('\n')
  expect(alice).toMatch(/^alice {2}\w{10} {2}enabled {3}[\d-]{10}$/)
  expect(bob).toMatch(/ {2}rate 0\.5 {2}burst 2 {2}quota 5$/)
})

test.each([
  [['--local'], ' --local'],
  [['--local', '--state', "it's here"], " --local --state 'it'\\''s here'"],
  [[], ''],
  [['--stack', 'other', '--region', 'eu-west-1'], ' --stack other --region eu-west-1'],
  [['--usage-plan', 'abc'], ' --usage-plan abc'],
])('the command that ends a grace period has the options of the rotation: %j', async (options, expected) => {
  const commandLine = parseKeysCommandLine(['rotate', 'alice', '--grace', ...options])
  if (!commandLine) throw new Error('no command')
  await create('alice')
  const words = describePlace(commandLine.place)
  const { note } = await runCommand(commandLine, createLocalKeys(state(), {}), words)
  expect(note).toMatch(/npm run keys -- disable \w{10}/)
  expect(note.endsWith(expected)).toBe(true)
  expect(words).toBe(expected)
})
