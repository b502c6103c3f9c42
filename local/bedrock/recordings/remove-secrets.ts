import { decodeText } from './bodies.ts'

/** Account number in recordings, in place of every other. It is that of AWS's documentation. */
export const RECORDED_ACCOUNT = '123456789012'

const REMOVED = 'REMOVED'

/** Start of a word, also after the escape of a line break or tab in JSON. */
const START = '(?:(?<![A-Za-z0-9])|(?<=\\\\[bfnrt]))'

/** Between a name and its value; quotes may be escaped. */
const ASSIGNMENT = `\\\\*["']?\\s*[:=]\\s*\\\\*["']?`

/** Value that is long enough for a secret. */
const TOKEN = '[A-Za-z0-9+/=_%.~-]{16,}'

const SECRET_NAME = '(?:x-amz-security-token|(?:aws_?)?(?:session_?token|secret_?access_?key)|aws_bearer_token_bedrock)'

/** Credentials in texts. The first group stays. */
const CREDENTIALS: readonly RegExp[] = [
  // Presigned URLs, the Authorization header, and requests that AWS quotes in messages about signatures.
  /((?:x-amz-security-token|x-amz-signature|x-amz-credential)(?:=|:|%3D))[^&"'\\\s,]+/gi,
  new RegExp(`(${START}(?:credential|signature)=)[^&"'\\\\\\s,]+`, 'gi'),
  // Secrets by their names in an environment, in answers of STS and of the metadata service, and in headers.
  new RegExp(`(${START}${SECRET_NAME}${ASSIGNMENT})${TOKEN}`, 'gi'),
  new RegExp(`(${START}authorization${ASSIGNMENT}(?:bearer|basic)\\s+)${TOKEN}`, 'gi'),
  new RegExp(`()${START}(?:AKIA|ASIA)[A-Z0-9]{16}\\b`, 'g'),
  // API keys of Bedrock, long-term and short-term.
  new RegExp(`()${START}ABSK[A-Za-z0-9+/=]{40,}`, 'g'),
  new RegExp(`()${START}bedrock-api-key-[A-Za-z0-9+/=]+`, 'g'),
]

const COLON = '(?::|%3A)'
const SLASH = '(?:\\\\?/|%2F)'

/** Characters before the account number in the name of a bucket or host. */
const NAME_START = '(?:[a-z0-9.-]*[a-z.-])?'

const ACCOUNT = '(\\d{12})(?!\\d)'

/** Account numbers by what is before them, which is the first group. */
const ACCOUNTS: readonly RegExp[] = [
  `(arn${COLON}aws[a-z-]*${COLON}[a-z0-9-]+${COLON}[a-z0-9-]*${COLON})${ACCOUNT}`,
  `("(?:bucketOwner|accountId|account)\\\\*"\\s*:\\s*\\\\*")${ACCOUNT}`,
  `(${START}account(?: id| number)?\\W{1,3})${ACCOUNT}`,
  // Buckets by URI and ARN.
  `(${START}s3(?:${COLON}${SLASH}${SLASH}|${COLON}${COLON}${COLON})${NAME_START})${ACCOUNT}`,
  // Hosts and paths of AWS, such as those of buckets, queues and registries.
  `(${START}https?${COLON}${SLASH}${SLASH}${NAME_START})${ACCOUNT}(?=[a-z0-9.-]*\\.amazonaws\\.com)`,
  `(\\.amazonaws\\.com${SLASH}${NAME_START})${ACCOUNT}`,
].map((pattern) => new RegExp(pattern, 'gi'))

/**
 * Removes credentials from texts and replaces account numbers. An account number is known by its surroundings, such as an
 * ARN; from then on it is replaced everywhere.
 */
export interface SecretRemover {
  removeFrom(text: string): string
  removeFromBytes(bytes: Uint8Array): Buffer
  /** Removes secrets from the part of a JSON document that is in base64. */
  removeFromEncoded(document: Uint8Array, encoded: string): Buffer
  /** Remembers the account numbers of bytes that are cleaned later. */
  learnFrom(bytes: Uint8Array): void
}

export function createSecretRemover(): SecretRemover {
  const accounts = new Set<string>()
  function learn(text: string): void {
    for (const pattern of ACCOUNTS) {
      for (const [, , account = ''] of text.matchAll(pattern)) accounts.add(account)
    }
  }
  function removeFrom(text: string): string {
    const cleaned = CREDENTIALS.reduce((rest, pattern) => rest.replace(pattern, `$1${REMOVED}`), text)
    learn(cleaned)
    if (accounts.size === 0) return cleaned
    return cleaned.replace(new RegExp(`(?<!\\d)(?:${[...accounts].join('|')})(?!\\d)`, 'g'), RECORDED_ACCOUNT)
  }
  function removeFromBytes(bytes: Uint8Array): Buffer {
    const text = decodeText(bytes)
    // Latin-1 keeps bytes that are not UTF-8.
    return text === undefined
      ? Buffer.from(removeFrom(Buffer.from(bytes).toString('latin1')), 'latin1')
      : Buffer.from(removeFrom(text))
  }
  return {
    removeFrom,
    removeFromBytes,
    removeFromEncoded(document, encoded) {
      const cleaned = removeFromBytes(Buffer.from(encoded, 'base64')).toString('base64')
      return Buffer.from(
        Buffer.from(document)
          .toString()
          .replace(encoded, () => cleaned),
      )
    },
    learnFrom: (bytes) => learn(Buffer.from(bytes).toString('latin1')),
  }
}
