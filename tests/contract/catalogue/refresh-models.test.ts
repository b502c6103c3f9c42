import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CatalogueData } from '../../../layers/runtime/src/models/model-row.ts'
import { CATALOGUE_DIRECTORY } from '../../../scripts/models/catalogue-files.ts'
import { type RunningEmulator, startEmulator } from '../bedrock-emulator/support.ts'

const ROOT = join(import.meta.dirname, '../../..')
const SONNET = 'anthropic.claude-sonnet-4-6'

let emulator: RunningEmulator
let directory: string
beforeAll(async () => {
  emulator = await startEmulator()
})
afterAll(() => emulator.close())
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'catalogue-'))
  await cp(CATALOGUE_DIRECTORY, directory, { recursive: true, filter: (path) => !path.endsWith('.ts') })
})
afterEach(() => rm(directory, { recursive: true, force: true }))

/** Runs `npm run models:refresh -- …` in another process. */
function refresh(
  ...words: string[]
): Promise<{ code: number | string | null | undefined; output: string; errors: string }> {
  const environment = {
    PATH: process.env.PATH,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_BEDROCK: emulator.url,
    AWS_MAX_ATTEMPTS: '1',
  }
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['scripts/node24.cjs', 'scripts/refresh-models.ts', '--directory', directory, ...words],
      { cwd: ROOT, env: environment },
      (error, output, errors) => resolve({ code: error ? error.code : 0, output, errors }),
    )
  })
}

const read = async (): Promise<CatalogueData> => JSON.parse(await readFile(join(directory, 'models.json'), 'utf8'))
const find = ({ models }: CatalogueData, id: string) => models.find(({ modelId }) => modelId === id)

async function edit(change: (catalogue: CatalogueData) => CatalogueData): Promise<void> {
  await writeFile(join(directory, 'models.json'), JSON.stringify(change(await read())))
}

test('a refresh restores missing models and profiles and keeps prices and limits', async () => {
  const original = await read()
  const today = new Date().toISOString().slice(0, 10)
  await edit((catalogue) => ({
    ...catalogue,
    models: catalogue.models
      .filter(({ modelId }) => modelId !== 'amazon.nova-micro-v1:0')
      .map((model) => (model.modelId === SONNET ? { ...model, profiles: ['eu', 'us-gov'], onDemand: null } : model)),
  }))

  const { code, output } = await refresh('--region', 'us-east-1', '--region', 'ap-northeast-1')

  expect(code).toBe(0)
  expect(output).toContain(`${SONNET}: profiles was ["eu","us-gov"], is ["eu","global","jp","us","us-gov"]`)
  expect(output).toContain('amazon.nova-micro-v1:0: new, apac us; its limits and prices are unknown')
  const refreshed = await read()
  expect(find(refreshed, SONNET)).toMatchObject({ profiles: ['eu', 'global', 'jp', 'us', 'us-gov'], onDemand: false })
  expect(find(refreshed, SONNET)?.prices.global).toEqual(find(original, SONNET)?.prices.global)
  expect(find(refreshed, SONNET)?.contextTokens).toBe(1_000_000)
  expect(find(refreshed, 'amazon.nova-micro-v1:0')).toMatchObject({ profiles: ['apac', 'us'], prices: {} })
  expect(find(refreshed, 'anthropic.claude-3-haiku-20240307-v1:0')).toEqual(
    find(original, 'anthropic.claude-3-haiku-20240307-v1:0'),
  )
  expect(refreshed.asOf >= today).toBe(true)
  const resolution = JSON.parse(await readFile(join(directory, 'resolution.json'), 'utf8'))
  expect(resolution.models[SONNET]).toEqual(['eu', 'global', 'jp', 'us', 'us-gov'])
})

test('a second run changes nothing', async () => {
  await refresh()
  const once = await readFile(join(directory, 'models.json'), 'utf8')
  const { code, output } = await refresh('--check')
  expect(output.trim()).toBe('The catalogue is up to date.')
  expect(code).toBe(0)
  expect(await readFile(join(directory, 'models.json'), 'utf8')).toBe(once)
})

test('--check writes nothing', async () => {
  await edit((catalogue) => ({ ...catalogue, models: catalogue.models.filter(({ modelId }) => modelId !== SONNET) }))
  const before = await readFile(join(directory, 'models.json'), 'utf8')
  const { code, output } = await refresh('--check', '--region', 'us-east-1')
  expect(code).toBe(1)
  expect(output).toContain(`${SONNET}: new`)
  expect(await readFile(join(directory, 'models.json'), 'utf8')).toBe(before)
})

test('--offline derives the table without a request', async () => {
  await writeFile(join(directory, 'resolution.json'), '{}')
  const { code } = await refresh('--offline')
  expect(code).toBe(0)
  for (const name of ['models.json', 'resolution.json']) {
    expect(await readFile(join(directory, name), 'utf8')).toBe(await readFile(join(CATALOGUE_DIRECTORY, name), 'utf8'))
  }
})

test("Bedrock's refusal is printed in its own words, and nothing is written", async () => {
  const before = await readFile(join(directory, 'models.json'), 'utf8')
  const { code, errors } = await refresh('--region', 'not a region')
  expect(code).toBe(1)
  expect(errors).toMatch(/region/i)
  expect(errors).not.toContain('    at ')
  expect(await readFile(join(directory, 'models.json'), 'utf8')).toBe(before)
})
