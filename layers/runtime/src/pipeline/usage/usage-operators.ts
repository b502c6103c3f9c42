import { ConfigurationError } from '../../core/configuration.ts'

/**
 * Reads the callers who may see the usage of all: `role/admin,key:a1b2c3`, as in CALLER_PROJECTS.
 *
 * @throws ConfigurationError that names the variable
 */
export function readUsageOperators({
  USAGE_OPERATORS: value = '',
}: Readonly<Record<string, string | undefined>>): string[] {
  if (value.trim() === '') return []
  const patterns = value.split(',').map((item) => item.trim())
  if (patterns.every((pattern) => /^[^=\s]+$/.test(pattern))) return patterns
  throw new ConfigurationError(`USAGE_OPERATORS is "${value}", it must list callers, as in role/admin,key:a1b2c3`)
}
