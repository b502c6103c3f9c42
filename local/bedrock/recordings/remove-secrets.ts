import { decodeText } from './bodies.ts'

/** Account number in recordings, in place of every other. It is that of AWS's documentation. */
export const RECORDED_ACCOUNT = '123456789012'

const REMOVED = 'REMOVED'

/** Credentials in texts. The first group stays. */
const CREDENTIALS: readonly RegExp[] = [
  // Presigned URLs, the Authorization header, and requests that AWS quotes in messages about signatures.
  /((?:x-amz-security-token|x-amz-signature|x-amz-credential)(?:=|:|%3D))[^&"'\\\s,]+/gi,
  /(\b(?:credential|signature)=)[^&"'\\\s,]+/gi,
  /()\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  // API keys of Bedrock, long-term and short-term.
  /()\bABSK[A-Za-z0-9+/=]{40,}/g,
  /()\bbedrock-api-key-[A-Za-z0-9+/=]+/g,
]

const COLON = '(?::|%3A)'

/** Account numbers by what is before them, which is the first group. */
const ACCOUNTS: readonly RegExp[] = [
  new RegExp(`(arn${COLON}aws[a-z-]*${COLON}[a-z0-9-]+${COLON}[a-z0-9-]*${COLON})(\\d{12})(?!\\d)`, 'gi'),
  /("(?:bucketOwner|accountId|account)\\*"\s*:\s*\\*")(\d{12})(?!\d)/gi,
  /(\baccount(?: id| number)?\W{1,3})(\d{12})(?!\d)/gi,
  /(\bs3:(?:\\?\/){2}(?:[a-z0-9.-]*[a-z.-])?)(\d{12})(?!\d)/gi,
]

/**
 * Removes credentials from texts and replaces account numbers. An account number is known by its surroundings, such as an
 * ARN; from then on it is replaced everywhere.
 */
export interface SecretRemover {
  removeFrom(text: string): string
  removeFromBytes(bytes: Uint8Array): Buffer
}

export function createSecretRemover(): SecretRemover {
  const accounts = new Set<string>()
  function removeFrom(text: string): string {
    const cleaned = CREDENTIALS.reduce((rest, pattern) => rest.replace(pattern, `$1${REMOVED}`), text)
    for (const pattern of ACCOUNTS) {
      for (const [, , account = ''] of cleaned.matchAll(pattern)) accounts.add(account)
    }
    if (accounts.size === 0) return cleaned
    return cleaned.replace(new RegExp(`(?<!\\d)(?:${[...accounts].join('|')})(?!\\d)`, 'g'), RECORDED_ACCOUNT)
  }
  return {
    removeFrom,
    removeFromBytes(bytes) {
      const text = decodeText(bytes)
      // Latin-1 keeps bytes that are not UTF-8.
      return text === undefined
        ? Buffer.from(removeFrom(Buffer.from(bytes).toString('latin1')), 'latin1')
        : Buffer.from(removeFrom(text))
    },
  }
}
