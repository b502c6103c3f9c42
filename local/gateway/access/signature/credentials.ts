import { AccessOptionError } from '../auth-mode.ts'

/** An access key that signatures are verified against. */
export interface Credential {
  readonly accessKey: string
  readonly secretKey: string
}

/** Key pair of the documentation, which is public. */
const LOCAL: Credential = { accessKey: 'local', secretKey: 'local' }

const VARIABLE = 'LOCAL_CREDENTIALS'

/** Access keys for the banner. Secrets of the user are never shown. */
export interface Signer {
  readonly accessKey: string
  /** True if the pairs come from LOCAL_CREDENTIALS, not from the documentation. */
  readonly isOwn: boolean
}

/** Reads the credentials. Throws as readCredentials. */
export function readSigners(environment: Readonly<Record<string, string | undefined>>): readonly Signer[] {
  return readCredentials(environment).map((credential) => ({
    accessKey: credential.accessKey,
    isOwn: credential !== LOCAL,
  }))
}

/**
 * The local stack's users: `local` with the secret `local`, or those of LOCAL_CREDENTIALS, `alice:secret bob:secret`.
 * Never the shell's own AWS credentials. Throws an AccessOptionError for what is no pair, without quoting it.
 */
export function readCredentials(environment: Readonly<Record<string, string | undefined>>): readonly Credential[] {
  const pairs = environment[VARIABLE]?.split(/[\s,]+/).filter((pair) => pair !== '') ?? []
  if (pairs.length === 0) return [LOCAL]
  return pairs.map((pair, position) => {
    const [, accessKey, secretKey] = /^([\w.-]+):(.+)$/.exec(pair) ?? []
    if (!accessKey || !secretKey) throw new AccessOptionError(`${VARIABLE}: number ${position + 1} is not NAME:SECRET`)
    return { accessKey, secretKey }
  })
}
