import { ConfigurationError } from '../core/configuration.ts'

/**
 * Reads the operator's aliases: `NAME=ID` or `NAME=ID|ID|…`, the best first, separated by commas. An id is a foundation
 * model's, which then goes by the best profile, or any that Bedrock takes.
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
