/**
 * `open`: everybody may call, and is whoever the credentials say. `key` and `iam`: what the template demands with its
 * parameter Auth at this value is verified.
 */
export type AuthMode = 'open' | 'key' | 'iam'

export const AUTH_MODES: readonly AuthMode[] = ['open', 'key', 'iam']

/** The value of the template's parameter Auth that belongs to a mode; undefined: the template's own default. */
const AUTH_PARAMETER: Readonly<Record<AuthMode, string | undefined>> = { open: undefined, key: 'KEY', iam: 'IAM' }

/** A word of the command line or the shell about who may call cannot be understood. */
export class AccessOptionError extends Error {}

/** The word behind --auth. Throws an AccessOptionError for one that is no mode, or that contradicts --parameter-overrides. */
export function readAuthMode(word: string, parameterOverrides: Readonly<Record<string, string>>): AuthMode {
  const mode = AUTH_MODES.find((candidate) => candidate === word)
  if (mode === undefined) throw new AccessOptionError(`--auth is "${word}", it must be one of ${AUTH_MODES.join(', ')}`)
  const value = AUTH_PARAMETER[mode]
  const overridden = parameterOverrides.Auth
  if (value !== undefined && overridden !== undefined && overridden !== value) {
    throw new AccessOptionError(`--auth ${mode} means Auth=${value}, but --parameter-overrides says Auth=${overridden}`)
  }
  return mode
}

/** What a mode sets of the template's parameters. */
export function authParameters(mode: AuthMode): Readonly<Record<string, string>> {
  const value = AUTH_PARAMETER[mode]
  return value === undefined ? {} : { Auth: value }
}
