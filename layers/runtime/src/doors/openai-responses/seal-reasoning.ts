import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { invalidRequest } from '../openai/errors.ts'

/** First byte of what is sealed, so that another form can follow. */
const VERSION = 1
const NONCE_BYTES = 12
const TAG_BYTES = 16
const HEAD_BYTES = 1 + NONCE_BYTES + TAG_BYTES
const KEY_BYTES = 32
const PURPOSE = 'bedrock-functions reasoning'

/** Reasoning of a model, as it is sealed. */
export interface Reasoning {
  /** Family of the model that wrote it: another one cannot read its signature. */
  readonly family: string
  /** JSON text of the block of Converse, `{"reasoningContent": …}`. */
  readonly block: string
}

/**
 * Seals reasoning into `encrypted_content`, and opens it again. It is encrypted and authenticated (AES-256-GCM), so that a
 * client can neither read nor forge the signature of a model.
 */
export interface Sealer {
  seal(reasoning: Reasoning): string
  /** @throws BedrockError ValidationException for a text that this stack did not seal. `param` is its path. */
  open(sealed: string, param: string): Reasoning
}

/**
 * Creates a sealer.
 *
 * @param secrets secrets of the operator. The first one seals and all open, so that a secret can be replaced
 */
export function createSealer(secrets: readonly [string, ...string[]]): Sealer {
  const keys = secrets.map(deriveKey)
  const [newest] = keys as [Buffer, ...Buffer[]]
  return {
    seal: ({ family, block }) => encrypt(newest, Buffer.from(`${family}\n${block}`)).toString('base64'),
    open(sealed, param) {
      const bytes = Buffer.from(sealed, 'base64')
      for (const key of keys) {
        const opened = decrypt(key, bytes)?.toString()
        if (opened === undefined) continue
        const end = opened.indexOf('\n')
        return { family: opened.slice(0, end), block: opened.slice(end + 1) }
      }
      throw invalidRequest(
        param,
        `${param} could not be verified: it must be the encrypted_content of a response of this stack, unchanged.`,
        'invalid_encrypted_content',
      )
    },
  }
}

function deriveKey(secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', PURPOSE, KEY_BYTES))
}

function encrypt(key: Buffer, text: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const head = Buffer.of(VERSION)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(head)
  const encrypted = Buffer.concat([cipher.update(text), cipher.final()])
  return Buffer.concat([head, nonce, cipher.getAuthTag(), encrypted])
}

/** @returns undefined if the bytes were not encrypted with this key, or are not the same any more */
function decrypt(key: Buffer, bytes: Buffer): Buffer | undefined {
  if (bytes.length <= HEAD_BYTES || bytes[0] !== VERSION) return undefined
  const nonce = bytes.subarray(1, 1 + NONCE_BYTES)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(bytes.subarray(0, 1)).setAuthTag(bytes.subarray(1 + NONCE_BYTES, HEAD_BYTES))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(HEAD_BYTES)), decipher.final()])
  } catch {
    return undefined
  }
}
