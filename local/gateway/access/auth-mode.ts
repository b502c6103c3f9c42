/**
 * `open`: everybody may call, and is whoever the credentials say. `key` and `iam`: what the template demands with its
 * parameter Auth at this value is verified.
 */
export type AuthMode = 'open' | 'key' | 'iam'

export const AUTH_MODES: readonly AuthMode[] = ['open', 'key', 'iam']

/** Value of the template's parameter Auth for a mode; undefined: the default of the template. */
const AUTH_PARAMETER: Readonly<Record<AuthMode, string | undefined>> = { open: undefined, key: 'KEY', iam: 'IAM' }

/** Error of an option or variable about access. */
export class AccessOptionError extends Error {}

/** Reads the value of --auth. Throws an AccessOptionError for an unknown mode, or one that contradicts --parameter-overrides. */
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

/** Parameters of the template that a mode sets. */
export function authParameters(mode: AuthMode): Readonly<Record<string, string>> {
  const value = AUTH_PARAMETER[mode]
  return value === undefined ? {} : { Auth: value }
}
