import type { AuthMode } from './auth-mode.ts'

/** What a caller must know where credentials are verified; nothing where all are taken. */
export function describeAccess(mode: AuthMode): readonly string[] {
  return LINES[mode]
}

const LINES: Readonly<Record<AuthMode, readonly string[]>> = {
  open: [],
  key: [
    '',
    '--auth key: the API takes the keys of this command, the function URL signatures for lambda by local, local.',
    '  export AWS_BEARER_TOKEN_BEDROCK=$(npm run --silent keys -- --local create me)',
  ],
  iam: [
    '',
    '--auth iam: the API takes signatures for execute-api and the function URL for lambda, by local, local or by those of',
    'LOCAL_CREDENTIALS. AWS SDKs sign for bedrock unless they are told otherwise, see docs/callers.md.',
  ],
}
