import type { JobsConfiguration } from '@bedrock-functions/runtime/core'
import type { StoredObject } from '@bedrock-functions/runtime/object-store'

interface Medium {
  readonly kind: 'document' | 'image'
  readonly format: string
}

/** First bytes of each format, as Latin-1. */
const SIGNATURES: readonly (Medium & { readonly start: RegExp })[] = [
  { kind: 'document', format: 'pdf', start: /^%PDF-/ },
  { kind: 'image', format: 'png', start: /^\x89PNG\r\n/ },
  { kind: 'image', format: 'jpeg', start: /^\xff\xd8\xff/ },
  { kind: 'image', format: 'gif', start: /^GIF8[79]a/ },
  { kind: 'image', format: 'webp', start: /^RIFF[\s\S]{4}WEBPVP8/ },
]

/**
 * Turns a dropped PDF or image into a StartAsyncInvoke request for the stack's default model. The prompt is the metadata
 * `prompt` of the object, or the stack's default prompt.
 *
 * @returns JSON of the request; undefined for an object of another kind
 */
export function readMediaDrop(
  { body, metadata }: Pick<StoredObject, 'body' | 'metadata'>,
  { defaultModelId, inboxPrompt }: Pick<JobsConfiguration, 'defaultModelId' | 'inboxPrompt'>,
): Buffer | undefined {
  const start = Buffer.from(body.subarray(0, 16)).toString('latin1')
  const medium = SIGNATURES.find((signature) => signature.start.test(start))
  if (!medium) return undefined
  const { kind, format } = medium
  const source = { bytes: Buffer.from(body).toString('base64') }
  // The model reads the name. The file's own name could contain instructions for it.
  const block = kind === 'image' ? { image: { format, source } } : { document: { format, name: 'document', source } }
  const content = [block, { text: metadata.prompt?.trim() || inboxPrompt }]
  const converse = { messages: [{ role: 'user', content }] }
  return Buffer.from(JSON.stringify({ modelId: defaultModelId, input: { converse } }))
}
