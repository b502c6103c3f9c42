import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CatalogueData, CatalogueModel } from '../../../layers/runtime/src/models/model-row.ts'
import { deriveResolution } from '../../../scripts/models/derive-resolution.ts'

const DIRECTORY = join(import.meta.dirname, '../../../layers/runtime/src/models')
const CATALOGUE: CatalogueData = JSON.parse(readFileSync(join(DIRECTORY, 'models.json'), 'utf8'))

const ID = 'anthropic.claude-octopus-9'
const like = CATALOGUE.models.find(({ modelId }) => modelId === 'anthropic.claude-sonnet-4-6') as CatalogueModel

/** The first model of a provider that the table does not have: one row, too. */
const NEWCOMER: CatalogueModel = {
  ...like,
  modelId: 'newcomer.chat-1',
  provider: 'newcomer',
  onDemand: true,
  profiles: [],
  prices: {},
  cache: null,
  refuses: [],
  rules: { family: 'chat completions' },
}

/** The whole data of a new model: one row. */
const ROW: CatalogueModel = {
  ...like,
  modelId: ID,
  profiles: ['eu', 'us'],
  maxOutputTokens: 77,
  refuses: ['forcedToolChoice'],
  exclusive: ['temperature', 'topP'],
  prices: { us: { input: 1, output: 2 } },
  cache: { minimumTokens: 333, ttls: ['5m'] },
  rules: { images: { count: 2, bytes: 3_932_160, pixels: 8_000 } },
}

const extended: CatalogueData = { ...CATALOGUE, models: [...CATALOGUE.models, ROW, NEWCOMER] }
jest.mock('../../../layers/runtime/src/models/models.json', () => ({ __esModule: true, default: extended }))
jest.mock('../../../layers/runtime/src/models/resolution.json', () => ({
  __esModule: true,
  default: deriveResolution(extended),
}))
// Modules that are already loaded have the table without the row.
jest.resetModules()

test('the layer knows a model from its row', async () => {
  const { createIdResolver, findRules, loadCatalogue } = await import('@bedrock-functions/runtime/models')
  const { findPrice } = await import('../../../layers/runtime/src/models/catalogue.ts')
  const { cacheRule } = await import('../../../layers/runtime/src/models/model-rules.ts')

  const { models } = await loadCatalogue()
  expect(models.map(({ modelId }) => modelId)).toContain(ID)
  expect(createIdResolver({ region: 'eu-west-1', residency: 'global' })(ID)).toEqual({ modelId: `eu.${ID}` })
  expect(await findPrice(`us.${ID}`, 'us-east-1')).toMatchObject({ input: 1, output: 2 })
  expect(findRules(`us.${ID}`)).toMatchObject({ family: 'Claude', sampling: 'one', images: { count: 2 } })
  expect(cacheRule(ID)).toEqual({ minimumTokens: 333, tools: true })
})

test('the stages check a request by the row', async () => {
  const { createContentStage } = await import('../../../layers/runtime/src/pipeline/content/content-stage.ts')
  const { readJsonObject } = await import('../../../layers/runtime/src/json/json-document.ts')
  const image = { image: { format: 'png', source: { bytes: 'iVBO' } } }
  const body = Buffer.from(JSON.stringify({ messages: [{ role: 'user', content: [image, image, image] }] }))
  const call = {
    operation: 'Converse',
    modelId: `us.${ID}`,
    headers: {},
    body,
    caller: undefined,
    replyHeaders: {},
  } as const
  const stage = createContentStage({ inputLocations: [], read: async () => undefined })
  await expect(stage(call, readJsonObject(body), new AbortController().signal)).rejects.toThrow(
    'too many images and documents: 3 + 0 > 2',
  )
})

test('the emulator judges requests by the row', async () => {
  const { createBedrockEmulator } = await import('@bedrock-functions/bedrock-emulator')
  const emulator = createBedrockEmulator()
  const url = `http://127.0.0.1:${await emulator.listen(0)}`
  const converse = async (modelId: string, changes: object) => {
    const body = JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'Hi' }] }], ...changes })
    const response = await fetch(`${url}/model/${modelId}/converse`, { method: 'POST', body })
    return `${response.status} ${await response.text()}`
  }
  try {
    expect(await converse(`us.${ID}`, {})).toMatch(/^200 /)
    expect(await converse(NEWCOMER.modelId, {})).toMatch(/^200 /)
    expect(await converse(ID, {})).toContain('with on-demand throughput isn’t supported')
    expect(await converse(`us.${ID}`, { inferenceConfig: { maxTokens: 78 } })).toContain('the model limit of 77')
    const both = { inferenceConfig: { temperature: 0.1, topP: 0.2 } }
    expect(await converse(`us.${ID}`, both)).toContain('`temperature` and `top_p` cannot both be specified')
  } finally {
    await emulator.close()
  }
})
