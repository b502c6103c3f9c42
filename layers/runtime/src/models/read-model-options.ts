import { ConfigurationError } from '../core/configuration.ts'
import type { Residency } from './geographies.ts'
import type { ModelResolverOptions } from './resolve-id.ts'

/**
 * Reads the aliases of the operator: `NAME=ID` or `NAME=ID|ID|…`, the best first, separated by commas. The id of a
 * foundation model stands for its best profile. Any other id goes to Bedrock unchanged.
 *
 * @throws ConfigurationError
 */
export function parseModelAliases(text: string | undefined): Record<string, string[]> {
  if (!text?.trim()) return {}
  const entries = text.split(',').map((item) => {
    const [, name = '', ids = ''] = /^\s*([a-zA-Z0-9_.-]{1,64})\s*=(.*)$/s.exec(item) ?? []
    const candidates = ids.split('|').map((id) => id.trim())
    if (name === '' || candidates.some((id) => id === '' || /\s/.test(id))) {
      throw new ConfigurationError(`MODEL_ALIASES has "${item.trim()}", an item must be NAME=ID or NAME=ID|ID`)
    }
    return [name, candidates] as const
  })
  return Object.fromEntries(entries)
}

const RESIDENCIES: Readonly<Record<string, Residency>> = { GLOBAL: 'global', GEOGRAPHY: 'geography' }

/**
 * Reads the parameters that decide how model ids resolve: the Region, DATA_RESIDENCY and MODEL_ALIASES.
 *
 * @throws ConfigurationError
 */
export function readModelOptions(
  environment: Readonly<Record<string, string | undefined>>,
): Pick<ModelResolverOptions, 'region' | 'residency' | 'aliases'> {
  const residency = RESIDENCIES[environment.DATA_RESIDENCY?.trim() || 'GLOBAL']
  if (residency === undefined) {
    throw new ConfigurationError(`DATA_RESIDENCY is "${environment.DATA_RESIDENCY}", it must be GLOBAL or GEOGRAPHY`)
  }
  const region = environment.AWS_REGION
  if (!region) throw new ConfigurationError('AWS_REGION is missing')
  return { region, residency, aliases: parseModelAliases(environment.MODEL_ALIASES) }
}
