import { BedrockError } from '../core/errors.ts'
import { PROFILE_PREFIXES, reachablePrefixes } from './geographies.ts'
import { OWN_ID } from './model-id.ts'
import type { Capabilities, CatalogueModel } from './model-row.ts'
import { statusOn } from './resolution.ts'

/** Query parameters by name. */
export type ModelFilter = Readonly<Record<string, string>>

/** Tests of a filter, for a model and for each of its ids. */
export interface FilterTests {
  includesModel(model: CatalogueModel): boolean
  /** @param prefix of a profile, or `base` */
  includesWay(prefix: string): boolean
}

const CAPABILITIES: readonly (keyof Capabilities)[] = [
  'converse',
  'stream',
  'tools',
  'vision',
  'documents',
  'cache',
  'countTokens',
  'async',
  'batch',
]
const MODALITIES = ['text', 'image', 'audio', 'video', 'embedding']
const STATUSES = ['ACTIVE', 'LEGACY', 'END_OF_LIFE']

type ModelTest = (model: CatalogueModel) => boolean

/**
 * Reads the filters of a query. Several capabilities are separated by commas, and a model must have all of them. An unknown
 * value never matches. Models past their end of life match only with a filter for the status.
 *
 * @throws BedrockError ValidationException that names the filter
 */
export function readFilter(filter: ModelFilter, day: string): FilterTests {
  const modelTests: ModelTest[] = [
    ({ lifecycle }) => filter.status !== undefined || statusOn(day, lifecycle) !== 'END_OF_LIFE',
  ]
  let includesWay = (_prefix: string): boolean => true
  for (const [name, value] of Object.entries(filter)) {
    if (name === 'region' || name === 'prefix') {
      const earlier = includesWay
      const prefixes =
        name === 'region' ? [...reachablePrefixes(readRegion(value), 'global'), OWN_ID] : [readPrefix(value)]
      includesWay = (prefix) => earlier(prefix) && prefixes.includes(prefix)
      continue
    }
    if (!Object.hasOwn(MODEL_TESTS, name)) {
      throw invalidFilter(
        `There is no filter ${quote(name)}. The filters are ${[...Object.keys(MODEL_TESTS), 'prefix', 'region'].join(', ')}.`,
      )
    }
    const makeTest = MODEL_TESTS[name as keyof typeof MODEL_TESTS]
    modelTests.push(makeTest(value, day))
  }
  return { includesModel: (model) => modelTests.every((test) => test(model)), includesWay }
}

/** Makers of tests by the name of the filter. */
const MODEL_TESTS = {
  provider: (value: string): ModelTest => {
    const provider = value.toLowerCase()
    if (!/^[a-z0-9-]{1,63}$/.test(provider))
      throw invalidFilter(`provider is ${quote(value)}, which is not the name of a provider.`)
    return (model) => model.provider === provider
  },
  modality: (value: string): ModelTest => {
    const modality = oneOf('modality', value.toLowerCase(), MODALITIES)
    return ({ inputModalities }) => inputModalities.includes(modality)
  },
  outputModality: (value: string): ModelTest => {
    const modality = oneOf('outputModality', value.toLowerCase(), MODALITIES)
    return ({ outputModalities }) => outputModalities.includes(modality)
  },
  capability: (value: string): ModelTest => {
    const wanted = value.split(',').map((item) => oneOf('capability', item.trim(), CAPABILITIES))
    return ({ capabilities }) => wanted.every((capability) => capabilities[capability] === true)
  },
  status: (value: string, day: string): ModelTest => {
    const status = oneOf('status', value.toUpperCase(), STATUSES)
    return ({ lifecycle }) => statusOn(day, lifecycle) === status
  },
  minimumContextTokens: (value: string): ModelTest => {
    const least = readCount('minimumContextTokens', value)
    return ({ contextTokens }) => contextTokens !== null && contextTokens >= least
  },
  minimumOutputTokens: (value: string): ModelTest => {
    const least = readCount('minimumOutputTokens', value)
    return ({ maxOutputTokens }) => maxOutputTokens !== null && maxOutputTokens >= least
  },
} as const

function readPrefix(value: string): string {
  return oneOf('prefix', value, [...PROFILE_PREFIXES, OWN_ID])
}

function readRegion(value: string): string {
  if (/^[a-z]{2,4}(?:-[a-z]+){1,2}-\d$/.test(value)) return value
  throw invalidFilter(`region is ${quote(value)}, which is not the name of an AWS Region such as eu-central-1.`)
}

function readCount(name: string, value: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value)
  throw invalidFilter(`${name} is ${quote(value)}, it must be a whole number.`)
}

function oneOf<Value extends string>(name: string, value: string, allowed: readonly Value[]): Value {
  const found = allowed.find((item) => item === value)
  if (found !== undefined) return found
  throw invalidFilter(`${name} is ${quote(value)}, it must be one of ${allowed.join(', ')}.`)
}

/** Quotes a value of the caller, short and on one line. */
function quote(value: string): string {
  return JSON.stringify(value.slice(0, 100))
}

function invalidFilter(message: string): BedrockError {
  return new BedrockError('ValidationException', message)
}
