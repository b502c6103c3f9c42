import { shellWord } from '../../shell-word.ts'
import type { AuthMode } from './auth-mode.ts'
import type { Signer } from './signature/credentials.ts'

/** Facts about a stack that verifies credentials. */
export interface AccessFacts {
  /** Access keys that may sign. */
  readonly signers: readonly Signer[]
  /** State directory with the keys, as --state names it; undefined: the default. */
  readonly state: string | undefined
}

/** Lines of the banner about access; none for an open stack. */
export function describeAccess(mode: AuthMode, { signers, state }: AccessFacts, isTls: boolean): readonly string[] {
  const place = `--local${state === undefined ? '' : ` --state ${shellWord(state)}`}`
  const names = signers.map(({ accessKey }) => accessKey).join(', ')
  const whose = signers.some(({ isOwn }) => isOwn)
    ? `by the users of LOCAL_CREDENTIALS: ${names}.`
    : 'by local with the secret local.'
  const lines: Readonly<Record<AuthMode, readonly string[]>> = {
    open: [],
    key: [
      '',
      '--auth key: the API takes the keys of this command, the function URL signatures for lambda',
      whose,
      `  export AWS_BEARER_TOKEN_BEDROCK=$(npm run --silent keys -- ${place} create me)`,
      ...(isTls ? [] : ['boto3 from 1.44 on, Go and .NET send a key over https only: start with --tls for them.']),
    ],
    iam: [
      '',
      '--auth iam: the API takes signatures for execute-api and the function URL for lambda,',
      `${whose} AWS SDKs sign for bedrock unless they are told otherwise, see docs/callers.md.`,
    ],
  }
  return lines[mode]
}
