import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROFILE_PREFIXES } from '../../../layers/runtime/src/models/geographies.ts'
import { readModelName } from '../../../layers/runtime/src/models/model-id.ts'
import type { CatalogueData, CatalogueModel } from '../../../layers/runtime/src/models/model-row.ts'
import { deriveResolution } from '../../../scripts/models/derive-resolution.ts'
import { formatJson } from '../../../scripts/models/format-json.ts'

const DIRECTORY = join(import.meta.dirname, '../../../layers/runtime/src/models')
const TEXT = readFileSync(join(DIRECTORY, 'models.json'), 'utf8')
const CATALOGUE: CatalogueData = JSON.parse(TEXT)
const IDS = new Set(CATALOGUE.models.map(({ modelId }) => modelId))

type Check = (value: unknown) => boolean
const isDay: Check = (value) =>
  typeof value === 'string' && /^20\d\d-[01]\d-[0-3]\d$/.test(value) && !Number.isNaN(Date.parse(value))
const isPrice: Check = (value) => typeof value === 'number' && value >= 0 && value < 1_000
const isWhole: Check = (value) => Number.isInteger(value) && (value as number) > 0
const isBoolean: Check = (value) => typeof value === 'boolean'
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value)
const listOf =
  (...allowed: string[]): Check =>
  (value) =>
    Array.isArray(value) && new Set(value).size === value.length && value.every((item) => allowed.includes(item))

/** Shapes: every member must be present and no others, except those marked with `?`. */
function problemsOf(value: unknown, checks: Readonly<Record<string, Check>>, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [`${path} is no object`]
  const members = value as Record<string, unknown>
  const names = Object.keys(checks).map((name) => name.replace('?', ''))
  const unknown = Object.keys(members).filter((name) => !names.includes(name))
  return [
    ...unknown.map((name) => `${path}.${name} is unknown`),
    ...Object.entries(checks).flatMap(([key, check]) => {
      const name = key.replace('?', '')
      if (!(name in members)) return key.endsWith('?') ? [] : [`${path}.${name} is missing`]
      return check(members[name]) ? [] : [`${path}.${name} is ${JSON.stringify(members[name])}`]
    }),
  ]
}

const LIFECYCLE = {
  status: (value: unknown) => ['ACTIVE', 'LEGACY', 'END_OF_LIFE'].includes(String(value)),
  legacyDate: orNull(isDay),
  endOfLifeDate: orNull(isDay),
  successor: orNull((value) => IDS.has(String(value))),
}
const CAPABILITIES = Object.fromEntries(
  ['converse', 'stream', 'tools', 'vision', 'documents', 'cache', 'countTokens', 'async', 'batch'].map((name) => [
    name,
    orNull(isBoolean),
  ]),
)
const PRICE = {
  input: isPrice,
  output: isPrice,
  'cacheRead?': isPrice,
  'cacheWrite5m?': isPrice,
  'cacheWrite1h?': isPrice,
  'inputSpeech?': isPrice,
  'outputSpeech?': isPrice,
  'asOf?': isDay,
}
const CACHE = { minimumTokens: orNull(isWhole), ttls: orNull(listOf('5m', '1h')) }
const MODALITIES = ['text', 'image', 'audio', 'video', 'embedding']
const REFUSALS = [
  'temperature',
  'topP',
  'topK',
  'assistantPrefill',
  'disabledThinking',
  'forcedToolChoice',
  'system',
  'tools',
  'toolChoiceAny',
  'toolChoiceTool',
  'streamedTools',
  'outputConfig',
]
const TIERS = ['default', 'flex', 'priority', 'reserved']
const MODEL = {
  modelId: (value: unknown) => /^[a-z0-9]+\.[a-z0-9.-]+(:\d+)?$/.test(String(value)),
  provider: (value: unknown) => /^[a-z0-9]+$/.test(String(value)),
  contextTokens: orNull(isWhole),
  maxOutputTokens: orNull(isWhole),
  inputModalities: listOf(...MODALITIES),
  outputModalities: listOf(...MODALITIES),
  reasoning: orNull(isBoolean),
  onDemand: orNull(isBoolean),
  profiles: listOf(...PROFILE_PREFIXES),
  capabilities: () => true,
  cache: () => true,
  refuses: listOf(...REFUSALS),
  exclusive: listOf('temperature', 'topP', 'topK'),
  'endedBetas?': (value: unknown) => Array.isArray(value) && value.every((beta) => typeof beta === 'string'),
  'rules?': () => true,
  serviceTiers: orNull(listOf(...TIERS)),
  prices: () => true,
  lifecycle: () => true,
  'notes?': (value: unknown) => Array.isArray(value) && value.every((note) => typeof note === 'string'),
}

/** Finds mistakes that a shape does not show. */
function inconsistencies(model: CatalogueModel): string[] {
  const { modelId, profiles, onDemand, prices, capabilities, cache, lifecycle } = model
  const callable: string[] = onDemand === false ? [...profiles] : ['base', ...profiles]
  const found = {
    'provider is not the id’s': !modelId.startsWith(`${model.provider}.`),
    'the id holds a prefix': readModelName(modelId)?.prefix !== undefined,
    'no input modality': model.inputModalities.length === 0,
    'no output modality': model.outputModalities.length === 0,
    'cannot be called': callable.length === 0,
    'a price for what cannot be called': Object.keys(prices).some((key) => !callable.includes(key)),
    'profiles out of order': [...profiles].sort().join() !== profiles.join(),
    'more output than context': (model.maxOutputTokens ?? 0) > (model.contextTokens ?? Number.POSITIVE_INFINITY),
    'vision without images': capabilities.vision === true && !model.inputModalities.includes('image'),
    'images without vision': capabilities.vision === false && model.inputModalities.includes('image'),
    'cache without its facts': (capabilities.cache === true) !== (cache !== null),
    'its own successor': lifecycle.successor === modelId,
    'a successor that ends': CATALOGUE.models.some(
      (other) => other.modelId === lifecycle.successor && other.lifecycle.status !== 'ACTIVE',
    ),
    'a successor for an active model': lifecycle.status === 'ACTIVE' && lifecycle.successor !== null,
    'legacy after its end':
      lifecycle.legacyDate !== null &&
      lifecycle.endOfLifeDate !== null &&
      lifecycle.legacyDate > lifecycle.endOfLifeDate,
    'a geography cheaper than global': profiles.some(
      (prefix) => (prices[prefix]?.input ?? Number.POSITIVE_INFINITY) < (prices.global?.input ?? 0),
    ),
  }
  return Object.entries(found).flatMap(([problem, isSo]) => (isSo ? [problem] : []))
}

test.each(CATALOGUE.models.map((model) => [model.modelId, model] as const))(
  '%s is complete and consistent',
  (id, model) => {
    const problems = [
      ...problemsOf(model, MODEL, id),
      ...problemsOf(model.capabilities, CAPABILITIES, 'capabilities'),
      ...problemsOf(model.lifecycle, LIFECYCLE, 'lifecycle'),
      ...(model.cache === null ? [] : problemsOf(model.cache, CACHE, 'cache')),
      ...Object.entries(model.prices).flatMap(([key, price]) => problemsOf(price, PRICE, `prices.${key}`)),
      ...inconsistencies(model),
    ]
    expect(problems).toEqual([])
  },
)

test('the checks find every mistake', () => {
  const [model] = CATALOGUE.models
  expect(problemsOf({ ...model, contextTokens: '200K', extra: 1 }, MODEL, 'm')).toEqual([
    'm.extra is unknown',
    'm.contextTokens is "200K"',
  ])
  expect(problemsOf({ input: 1 }, PRICE, 'p')).toEqual(['p.output is missing'])
  expect(inconsistencies({ ...(model as CatalogueModel), profiles: [], onDemand: false })).toContain('cannot be called')
})

test('the catalogue has a day and a source', () => {
  expect(isDay(CATALOGUE.asOf) && isDay(CATALOGUE.pricesAsOf)).toBe(true)
  expect(Object.keys(CATALOGUE.sources)).toEqual(expect.arrayContaining(['prices', 'tierFactors', 'lifecycle']))
  expect(IDS.size).toBe(CATALOGUE.models.length)
  expect([...IDS]).toEqual([...IDS].sort())
})

test('aliases stand for models that have not ended', () => {
  for (const candidates of Object.values(CATALOGUE.aliases)) {
    expect(candidates.length).toBeGreaterThan(0)
    for (const id of candidates) {
      expect(CATALOGUE.models.find(({ modelId }) => modelId === id)?.lifecycle.status).toBe('ACTIVE')
    }
  }
})

test('a write for an hour costs twice the input price, and one for five minutes 1.25 times', () => {
  const prices = CATALOGUE.models
    .filter(({ provider }) => provider === 'anthropic')
    .flatMap(({ prices }) => Object.values(prices))
  expect(prices.length).toBeGreaterThan(50)
  for (const { input, cacheWrite5m, cacheWrite1h } of prices) {
    expect(cacheWrite5m).toBeCloseTo(1.25 * input, 10)
    expect(cacheWrite1h).toBeCloseTo(2 * input, 10)
  }
})

const IMAGES = {
  count: isWhole,
  bytes: isWhole,
  pixels: isWhole,
  'manyCount?': isWhole,
  'manyPixels?': isWhole,
}
const THINKING = {
  kinds: listOf('enabled', 'adaptive', 'between_tools', 'disabled'),
  'omitsText?': isBoolean,
  'capsEffort?': isBoolean,
}
const PARTIAL_CAPABILITIES = Object.fromEntries(Object.keys(CAPABILITIES).map((name) => [`${name}?`, isBoolean]))
const OVERFLOWS = [
  'contextLength',
  'inputExceeded',
  'inputTooLong',
  'promptTooLong',
  'requestLength',
  'tooManyTokens',
  'windowExceeded',
]
const LINE = {
  'family?': orNull((value) => typeof value === 'string'),
  'nativeBody?': (value: unknown) => typeof value === 'string',
  'readsS3?': isBoolean,
  'async?': isBoolean,
  'countTokens?': isBoolean,
  'onDemand?': orNull(isBoolean),
  'minimumCacheTokens?': orNull(isWhole),
  'cachesTools?': isBoolean,
  'textCompletion?': isBoolean,
  'images?': orNull((value) => problemsOf(value, IMAGES, 'images').length === 0),
  'largeDocuments?': listOf('pdf', 'docx'),
  'refuses?': listOf(...REFUSALS),
  'exclusive?': listOf('temperature', 'topP', 'topK'),
  'thinking?': orNull((value) => problemsOf(value, THINKING, 'thinking').length === 0),
  'startsWithUser?': isBoolean,
  'isolatesToolResults?': isBoolean,
  'refusesToolStatus?': isBoolean,
  'cacheTtls?': listOf('5m', '1h'),
  'imagesInToolResults?': isBoolean,
  'serviceTiers?': listOf(...TIERS),
  'optimizedLatency?': isBoolean,
  'betas?': (value: unknown) =>
    Array.isArray(value) && value.every((beta) => /^[a-z0-9-]+-20\d\d-?\d\d-?\d\d$/.test(beta)),
  'overflow?': (value: unknown) => OVERFLOWS.includes(String(value)),
  'countsMaxTokens?': isBoolean,
  'capabilities?': (value: unknown) => problemsOf(value, PARTIAL_CAPABILITIES, 'capabilities').length === 0,
  'contextTokens?': isWhole,
  'answers?': listOf('toolUseType', 'reasoning'),
}

test.each(Object.entries(CATALOGUE.lines))('the line %s has known rules', (start, line) => {
  expect(start).toMatch(/^[a-z0-9]+\.[a-z0-9.-]*$/)
  expect(problemsOf(line, LINE, start)).toEqual([])
})

test('resolution.json agrees with models.json; npm run models:refresh -- --offline updates it', () => {
  expect(readFileSync(join(DIRECTORY, 'resolution.json'), 'utf8')).toBe(formatJson(deriveResolution(CATALOGUE)))
  expect(TEXT).toBe(formatJson(CATALOGUE))
})
