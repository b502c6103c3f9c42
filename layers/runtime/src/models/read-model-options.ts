import { ConfigurationError } from '../core/configuration.ts'
import type { Residency } from './geographies.ts'
import { parseModelAliases } from './parse-aliases.ts'
import type { ModelResolverOptions } from './resolve-id.ts'

const RESIDENCIES: Readonly<Record<string, Residency>> = { GLOBAL: 'global', GEOGRAPHY: 'geography' }

/**
 * What the template's parameters decide about models' ids: the Region, DATA_RESIDENCY and MODEL_ALIASES.
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
