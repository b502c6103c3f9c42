import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { BEDROCK_HEADER_PREFIX } from '../../bedrock/operations.ts'
import { ANONYMOUS } from '../../core/identity.ts'
import type { ModelCall } from '../../core/model-call.ts'
import { ownerOf } from '../../jobs/layout.ts'
import { hashDocument } from '../../json/hash-document.ts'
import { METADATA_HEADER } from '../name-caller.ts'

/** Below it the bucket keeps answers, by caller. The template's lifecycle rules name it too. */
export const CACHE_PREFIX = 'cache/'

/** A new form of what is hashed or kept leaves the old objects alone. */
const FORM = 2

/** Bytes. To put a longer body into canonical form takes seconds and some 60 times its memory. */
const LONGEST_CANONICAL = 256 * 1024

/** Where the answer to a call is kept: the same for the same caller, model, and request whatever its JSON's order. */
export function cacheKey({ operation, modelId, headers, body, caller = ANONYMOUS }: ModelCall): string {
  const hash = hashDocument({
    form: FORM,
    operation,
    modelId,
    headers: relevantHeaders(headers),
    body: canonicalBody(operation, body),
  })
  return `${CACHE_PREFIX}${ownerOf(caller)}/${hash}`
}

/** What a request is labelled with changes nothing of its answer. */
function relevantHeaders(headers: ModelCall['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) =>
        (name === 'content-type' || name === 'accept' || name.startsWith(BEDROCK_HEADER_PREFIX)) &&
        name !== METADATA_HEADER,
    ),
  )
}

/** What is no JSON, and what is long, counts by its bytes. */
function canonicalBody(operation: ModelCall['operation'], body: Uint8Array): unknown {
  // Text of what is not UTF-8 would be the same for different bytes.
  const isCanonical = body.length <= LONGEST_CANONICAL && isUtf8(body)
  const document = isCanonical
    ? parseExactly(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString())
    : undefined
  if (document === undefined) return { bytes: createHash('sha256').update(body).digest('hex') }
  if (operation !== 'Converse' || typeof document !== 'object' || document === null) return { document }
  const { requestMetadata: _, ...rest } = document as Record<string, unknown>
  return { document: rest }
}

type ExactReviver = (name: string, value: unknown, context: { readonly source?: string }) => unknown

/** JSON.parse gives revivers the source of a literal; its types here are of an older edition. */
const parseJson = JSON.parse as (text: string, reviver: ExactReviver) => unknown

/** Numbers as they are written, or two that are too long for a double would be the same. Letters tell them from texts. */
function parseExactly(text: string): unknown {
  try {
    return parseJson(text, (_, value, { source }) => {
      if (typeof value === 'number') return `n${source}`
      return typeof value === 'string' ? `s${value}` : value
    })
  } catch {
    return undefined
  }
}
