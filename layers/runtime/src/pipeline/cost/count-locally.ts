import { asObject, type PlainObject } from '../../json/json-document.ts'

/** Estimate of a request's input. It differs by about 20 % from the true count for most texts. */
export interface LocalCount {
  readonly inputTokens: number
  /** Kinds of content that cannot be estimated and are not counted: `document`, `video`, `audio`. */
  readonly notCounted: readonly string[]
}

/** Average for English, and for most scripts with three bytes per character, in the vocabularies of most models. */
const BYTES_PER_TOKEN = 4

/** Tokens for the role and separators of a message. */
const TOKENS_PER_MESSAGE = 3

/** Maximum of Anthropic's models, which scale larger images down: width × height / 750. */
const TOKENS_PER_IMAGE = 1600

/** Members of Converse and of native bodies that the model reads. Others are settings. */
const READ = new Set([
  'chat_history',
  'documents',
  'inputImage',
  'inputText',
  'images',
  'message',
  'messages',
  'preamble',
  'prompt',
  'singleEmbeddingParams',
  'system',
  'texts',
  'toolConfig',
  'tools',
])

/** Members that the model reads as JSON text. */
const READ_AS_JSON = new Set(['arguments', 'input', 'json', 'toolConfig', 'tools'])

/** Members without text for the model. */
const NO_TEXT = new Set([
  'bucketOwner',
  'cachePoint',
  'cache_control',
  'format',
  'id',
  'media_type',
  'redactedContent',
  'role',
  'signature',
  'status',
  'toolUseId',
  'tool_call_id',
  'tool_use_id',
  'ttl',
  'type',
  'uri',
])

const IMAGES = new Set(['image', 'images', 'image_url', 'inputImage'])
const OTHER_MEDIA = new Set(['document', 'video', 'audio'])

/**
 * Estimates a Converse request or a native body: one token per four bytes of UTF-8, three per message, 1,600 per image.
 *
 * @returns undefined for a body in an unknown format
 */
export function countLocally(request: PlainObject): LocalCount | undefined {
  const read = Object.entries(request).filter(([name]) => READ.has(name))
  if (read.length === 0) return undefined
  const counter = new Counter()
  for (const [name, value] of read) counter.addMember(name, value)
  const messages = [request.messages, request.chat_history].flat().filter((message) => typeof message === 'object')
  return {
    inputTokens: Math.ceil(counter.bytes / BYTES_PER_TOKEN) + TOKENS_PER_MESSAGE * messages.length + counter.tokens,
    notCounted: [...counter.notCounted],
  }
}

class Counter {
  bytes = 0
  tokens = 0
  readonly notCounted = new Set<string>()

  addMember(name: string, value: unknown): void {
    if (NO_TEXT.has(name)) return
    const isText = typeof value === 'string'
    if (IMAGES.has(name)) this.tokens += TOKENS_PER_IMAGE * [value].flat().length
    else if (OTHER_MEDIA.has(name) && !isText) this.#addMedium(name, asObject(value))
    else if (READ_AS_JSON.has(name) && !isText) this.bytes += Buffer.byteLength(JSON.stringify(value))
    else this.#add(value)
  }

  #add(value: unknown): void {
    if (typeof value === 'string') this.bytes += Buffer.byteLength(value)
    else if (Array.isArray(value)) for (const item of value) this.#add(item)
    else if (typeof value === 'object' && value !== null) this.#addBlock(value as PlainObject)
  }

  /** Adds a content block. Claude's media blocks have a type. */
  #addBlock(block: PlainObject): void {
    if (block.type === 'image') this.tokens += TOKENS_PER_IMAGE
    else if (block.type === 'document') this.#addMedium('document', block)
    else for (const [name, value] of Object.entries(block)) this.addMember(name, value)
  }

  #addMedium(kind: string, medium: PlainObject): void {
    const { text, content, type, data } = asObject(medium.source)
    for (const name of ['name', 'title', 'context']) this.#add(medium[name])
    if (type === 'text') this.#add(data)
    else if (text === undefined && content === undefined) this.notCounted.add(kind)
    this.#add(text)
    this.#add(content)
  }
}
