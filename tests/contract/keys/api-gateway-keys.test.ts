import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { APIGatewayClient } from '@aws-sdk/client-api-gateway'
import { createApiGatewayKeys, findUsagePlan } from '../../../scripts/keys/api-gateway-keys.ts'
import type { Command } from '../../../scripts/keys/command-line.ts'
import { runCommand } from '../../../scripts/keys/run-command.ts'
import { type ControlPlane, startControlPlane } from './support/control-plane.ts'

let plane: ControlPlane
let client: APIGatewayClient
beforeEach(async () => {
  plane = await startControlPlane()
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  client = new APIGatewayClient({ endpoint: plane.url, region: 'us-east-1', credentials, maxAttempts: 1 })
})
afterEach(async () => {
  client.destroy()
  await plane.close()
})

const run = (command: Command, name = '', grace = false) =>
  runCommand({ command, name, grace }, createApiGatewayKeys(client, 'plan01'))

const states = () => plane.keys.map(({ id, name, enabled }) => `${id} ${name} ${enabled ? 'enabled' : 'disabled'}`)

describe('create', () => {
  test('adds a key to the plan and returns only its value', async () => {
    const { result, note } = await run('create', 'alice')
    expect(result).toBe('MARKER-value-01')
    expect(note).toBe('Key key01 for alice. Its value is shown only now:')
    expect(plane.plans.get('plan01')?.keys).toEqual(['key01'])
  })

  test('refuses a second key with the same name', async () => {
    plane.addKey('alice', 'plan01')
    await expect(run('create', 'alice')).rejects.toThrow('alice has a key already')
    expect(plane.keys).toHaveLength(1)
  })

  test('deletes the key again when the plan refuses it', async () => {
    plane.failNext('POST /usageplans/plan01/keys', 400, 'LimitExceededException')
    await expect(run('create', 'alice')).rejects.toMatchObject({ name: 'LimitExceededException' })
    expect(plane.keys).toEqual([])
  })
})

test('list shows the keys of the plan from all pages, without values', async () => {
  for (const name of ['dora', 'alice', 'carol', 'bob', 'erin']) plane.addKey(name, 'plan01')
  plane.addKey('of-another-plan')
  const { result } = await run('list')
  expect(result.split('\n')).toEqual([
    'alice  key02  enabled   2026-01-01',
    'bob    key04  enabled   2026-01-01',
    'carol  key03  enabled   2026-01-01',
    'dora   key01  enabled   2026-01-01',
    'erin   key05  enabled   2026-01-01',
  ])
  expect(result).not.toContain('MARKER')
})

test('disable and enable take a name or an id', async () => {
  plane.addKey('alice', 'plan01')
  plane.addKey('bob', 'plan01')
  await run('disable', 'alice')
  expect(states()).toEqual(['key01 alice disabled', 'key02 bob enabled'])
  await run('enable', 'key01')
  expect(states()).toEqual(['key01 alice enabled', 'key02 bob enabled'])
  await expect(run('disable', 'eve')).rejects.toThrow('There is no key eve.')
})

describe('rotate', () => {
  beforeEach(() => plane.addKey('alice', 'plan01'))

  test('creates the new key before it disables the old one', async () => {
    const { result } = await run('rotate', 'alice')
    expect(result).toBe('MARKER-value-02')
    expect(states()).toEqual(['key01 alice disabled', 'key02 alice enabled'])
    const changes = plane.requests.filter((request) => !request.startsWith('GET'))
    expect(changes).toEqual(['POST /apikeys', 'POST /usageplans/plan01/keys', 'PATCH /apikeys/key01'])
  })

  test('keeps the old key when the new one cannot be created', async () => {
    plane.failNext('POST /apikeys', 429, 'TooManyRequestsException')
    await expect(run('rotate', 'alice')).rejects.toMatchObject({ name: 'TooManyRequestsException' })
    expect(states()).toEqual(['key01 alice enabled'])
  })

  test('keeps both keys with --grace until the old one is disabled by its id', async () => {
    const { note } = await run('rotate', 'alice', true)
    expect(note).toContain('npm run keys -- disable key01')
    expect(states()).toEqual(['key01 alice enabled', 'key02 alice enabled'])
    await expect(run('rotate', 'alice')).rejects.toThrow('alice has several keys')
    await run('disable', 'key01')
    expect(states()).toEqual(['key01 alice disabled', 'key02 alice enabled'])
  })
})

describe('the usage plan of a stack', () => {
  test('is found by its name, on any page', async () => {
    for (const number of [2, 3, 4]) plane.plans.set(`plan0${number}`, { name: `stack-${number}`, keys: [] })
    expect(await findUsagePlan(client, 'stack-4')).toBe('plan04')
  })

  test('is refused unless there is exactly one', async () => {
    await expect(findUsagePlan(client, 'other')).rejects.toThrow('no usage plan other')
    plane.plans.set('plan02', { name: 'bedrock-functions', keys: [] })
    await expect(findUsagePlan(client, 'bedrock-functions')).rejects.toThrow('--usage-plan plan01 or plan02')
  })
})

const keysIn =
  (environment: NodeJS.ProcessEnv) =>
  (...words: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const script = join(import.meta.dirname, '../../../scripts/keys.ts')
      execFile(process.execPath, [script, ...words], { env: environment }, (error, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
      )
    })

test('npm run keys finds the stack and prints only the value', async () => {
  const keys = keysIn({
    PATH: process.env.PATH,
    AWS_ENDPOINT_URL_API_GATEWAY: plane.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  })
  expect(await keys('create', 'alice')).toEqual({
    code: 0,
    stdout: 'MARKER-value-01\n',
    stderr: 'Key key01 for alice. Its value is shown only now:\n',
  })
  expect((await keys('rotate', 'alice', '--grace', '--region', 'eu-west-1')).stderr).toContain(
    'npm run keys -- disable key01 --region eu-west-1\n',
  )
  expect(await keys('disable', 'nobody')).toEqual({ code: 1, stdout: '', stderr: 'There is no key nobody.\n' })
  expect(await keys('list', '--usage-plan', 'none')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'NotFoundException: Invalid Usage Plan ID specified\n',
  })
})

test('npm run keys without a Region explains how to give one and how to name local keys', async () => {
  const keys = keysIn({ PATH: process.env.PATH, AWS_CONFIG_FILE: 'none', AWS_SHARED_CREDENTIALS_FILE: 'none' })
  const { code, stderr } = await keys('list')
  expect(code).toBe(1)
  for (const word of ['AWS_REGION', '--region', '--local']) expect(stderr).toContain(word)
})
