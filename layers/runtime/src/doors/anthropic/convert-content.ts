import type { JsonValue } from '../../json/json-document.ts'
import { type JsonText, writeArray, writeObject } from '../../json/write-json.ts'
import { cacheRule } from '../../models/model-rules.ts'
import type { ModelFacts } from '../openai/model-facts.ts'
import type { MemberTable } from '../openai/request-members.ts'
import { invalidMember } from './errors.ts'
import { checkMembers, INNER_MEMBERS } from './members.ts'

/** State of a translation. */
export interface Translation {
  readonly model: ModelFacts
  /** Paths of members that are left out. */
  readonly left: Set<string>
}

const one = (name: string, value: JsonText): JsonText => writeObject([[name, value]])
const text = (value: string): JsonText => JSON.stringify(value)

/** Converts a content, a text or a list of blocks, into blocks of Converse. */
export function convertContent(content: JsonValue | undefined, path: string, translation: Translation): JsonText[] {
  if (content?.kind === 'string') return [one('text', content.bytes)]
  if (content?.kind !== 'array') throw invalidMember(path, 'Input should be a string or a list of blocks')
  return content.items.flatMap((block, index) => convertBlock(block, `${path}.${index}`, translation))
}

function convertBlock(block: JsonValue, path: string, translation: Translation): JsonText[] {
  const type = block.get('type')?.text
  const convert = type !== undefined && Object.hasOwn(BLOCKS, type) ? BLOCKS[type] : undefined
  if (!convert) {
    throw invalidMember(
      `${path}.type`,
      `${type ?? 'it is missing'}: this model takes blocks of the types ${Object.keys(BLOCKS).join(', ')}`,
    )
  }
  const converted = convert(block, path, translation)
  return converted === undefined ? [] : [converted, ...cachePoint(block, path, translation, type === 'tool_result')]
}

/** Writes a block; undefined: it is left out. */

type ConvertBlock = (block: JsonValue, path: string, translation: Translation) => JsonText | undefined

const BLOCKS: Readonly<Record<string, ConvertBlock>> = {
  text(block, path, { left }) {
    checkMembers(block, INNER_MEMBERS.text, `${path}.`, left)
    return one('text', requireText(block, 'text', path).bytes)
  },
  image(block, path, { left }) {
    checkMembers(block, INNER_MEMBERS.image, `${path}.`, left)
    return one('image', writeMedia(block, path, 'image', left))
  },
  document: convertDocument,
  search_result: convertSearchResult,
  tool_use(block, path, { left }) {
    checkMembers(block, INNER_MEMBERS.toolUse, `${path}.`, left)
    const input = block.get('input')
    return one(
      'toolUse',
      writeObject([
        ['toolUseId', requireText(block, 'id', path).bytes],
        ['name', requireText(block, 'name', path).bytes],
        ['input', input?.bytes ?? '{}'],
      ]),
    )
  },
  tool_result: convertToolResult,
  thinking(block, path, translation) {
    checkMembers(block, INNER_MEMBERS.thinking, `${path}.`, translation.left)
    const signature = block.get('signature')
    const text = requireText(block, 'thinking', path)
    if (!acceptsReasoning(Boolean(signature?.text), path, translation)) return undefined
    const reasoningText = writeObject([
      ['text', text.bytes],
      signature?.text ? ['signature', signature.bytes] : undefined,
    ])
    return one('reasoningContent', one('reasoningText', reasoningText))
  },
  redacted_thinking(block, path, translation) {
    checkMembers(block, INNER_MEMBERS.redactedThinking, `${path}.`, translation.left)
    const data = requireText(block, 'data', path)
    if (!acceptsReasoning(true, path, translation)) return undefined
    return one('reasoningContent', one('redactedContent', data.bytes))
  },
}

/**
 * Tests whether a model accepts reasoning of an earlier answer. Signed reasoning is of Claude: a conversation may change to
 * another model, which cannot read it.
 */
function acceptsReasoning(isSigned: boolean, path: string, { model, left }: Translation): boolean {
  const { family, reasoning } = model
  const accepts = family === 'Claude' || family === undefined || (!isSigned && reasoning !== false)
  if (!accepts) left.add(path)
  return accepts
}

function convertToolResult(block: JsonValue, path: string, translation: Translation): JsonText {
  checkMembers(block, INNER_MEMBERS.toolResult, `${path}.`, translation.left)
  const blocks = convertResult(block.get('content'), `${path}.content`, translation)
  const isError = block.get('is_error')?.kind === 'true'
  return one(
    'toolResult',
    writeObject([
      ['toolUseId', requireText(block, 'tool_use_id', path).bytes],
      ['content', writeArray(blocks)],
      isError ? ['status', '"error"'] : undefined,
    ]),
  )
}

const RESULT_TYPES: readonly string[] = ['text', 'image', 'document', 'search_result']

/**
 * Converts the content of a tool result. It may be empty. Converse has no cache points in it, so a block's own one is left to
 * the result.
 */
function convertResult(content: JsonValue | undefined, path: string, translation: Translation): JsonText[] {
  if (content === undefined || content.text === '') return []
  if (content.kind !== 'array') return convertContent(content, path, translation)
  return content.items.flatMap((block, index) => {
    const where = `${path}.${index}`
    const type = block.get('type')?.text ?? ''
    if (!RESULT_TYPES.includes(type)) {
      throw invalidMember(
        `${where}.type`,
        `${type}: results of tools have blocks of the types ${RESULT_TYPES.join(', ')}`,
      )
    }
    if (block.get('cache_control')) translation.left.add(`${where}.cache_control`)
    const converted = BLOCKS[type]?.(block, where, translation)
    return converted === undefined ? [] : [converted]
  })
}

function convertDocument(block: JsonValue, path: string, { left }: Translation): JsonText {
  checkMembers(block, INNER_MEMBERS.document, `${path}.`, left)
  const title = block.get('title')
  const context = block.get('context')
  const cites = readCites(block, path, left)
  return one(
    'document',
    writeObject([
      ...documentSource(block, path, left),
      ['name', title?.text ? title.bytes : text('document')],
      context?.text ? ['context', context.bytes] : undefined,
      cites ? ['citations', '{"enabled":true}'] : undefined,
    ]),
  )
}

function convertSearchResult(block: JsonValue, path: string, { left }: Translation): JsonText {
  checkMembers(block, INNER_MEMBERS.searchResult, `${path}.`, left)
  const cites = readCites(block, path, left)
  const content = convertTexts(block.get('content'), `${path}.content`, left)
  return one(
    'searchResult',
    writeObject([
      ['source', requireText(block, 'source', path).bytes],
      ['title', requireText(block, 'title', path).bytes],
      ['content', writeArray(content)],
      ['citations', `{"enabled":${cites}}`],
    ]),
  )
}

function readCites(block: JsonValue, path: string, left: Set<string>): boolean {
  const citations = block.get('citations')
  if (citations) checkMembers(citations, INNER_MEMBERS.citations, `${path}.citations.`, left)
  return citations?.get('enabled')?.kind === 'true'
}

/** Converts a text, or the texts of a document in parts. Converse has no cache points between them. */
function convertTexts(content: JsonValue | undefined, path: string, left: Set<string>): JsonText[] {
  if (content?.kind === 'string') return [one('text', content.bytes)]
  return (content?.items ?? []).map((part, index) => {
    const where = `${path}.${index}`
    if (part.get('type')?.text !== 'text') throw invalidMember(`${where}.type`, "Input should be 'text'")
    checkMembers(part, INNER_MEMBERS.sourceText, `${where}.`, left)
    return one('text', requireText(part, 'text', where).bytes)
  })
}

const DOCUMENT_FORMATS: Readonly<Record<string, string>> = { 'application/pdf': 'pdf', 'text/plain': 'txt' }

type Members = readonly (readonly [string, JsonText])[]

function documentSource(block: JsonValue, path: string, left: Set<string>): Members {
  const source = requireSource(block, path, left)
  const type = source.get('type')?.text
  const where = `${path}.source`
  if (type === 'text') {
    const mediaType = source.get('media_type')
    if (mediaType && mediaType.text !== 'text/plain') {
      throw invalidMember(`${where}.media_type`, "Input should be 'text/plain'")
    }
    return [
      ['format', '"txt"'],
      ['source', one('text', requireText(source, 'data', where).bytes)],
    ]
  }
  if (type === 'content') {
    return [
      ['format', '"txt"'],
      ['source', one('content', writeArray(convertTexts(source.get('content'), `${where}.content`, left)))],
    ]
  }
  const format = type === 'url' ? extensionOf(source) : DOCUMENT_FORMATS[source.get('media_type')?.text ?? '']
  if (format === undefined) {
    throw invalidMember(`${where}.media_type`, `Input should be ${Object.keys(DOCUMENT_FORMATS).join(' or ')}`)
  }
  return [
    ['format', text(format)],
    ['source', bytesOrLocation(source, where)],
  ]
}

const IMAGE_FORMATS: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/gif': 'gif',
  'image/webp': 'webp',
  png: 'png',
  jpg: 'jpeg',
  jpeg: 'jpeg',
  gif: 'gif',
  webp: 'webp',
}

function writeMedia(block: JsonValue, path: string, what: string, left: Set<string>): JsonText {
  const source = requireSource(block, path, left)
  const where = `${path}.source`
  const name = source.get('type')?.text === 'url' ? extensionOf(source) : source.get('media_type')?.text
  const format = IMAGE_FORMATS[name ?? '']
  if (format === undefined) {
    throw invalidMember(`${where}.media_type`, `Input should be the type of an ${what}: png, jpeg, gif or webp`)
  }
  return writeObject([
    ['format', text(format)],
    ['source', bytesOrLocation(source, where)],
  ])
}

/** Writes a source of bytes in base64, or a location in S3. This stack fetches nothing from the URLs of callers. */
function bytesOrLocation(source: JsonValue, path: string): JsonText {
  const type = source.get('type')?.text
  if (type === 'base64') return one('bytes', requireText(source, 'data', path).bytes)
  const url = source.get('url')
  if (type === 'url' && url?.text?.startsWith('s3://')) return one('s3Location', one('uri', url.bytes))
  if (type === 'url') {
    throw invalidMember(`${path}.url`, 'only s3:// URIs are read. Other URLs are not fetched: send the bytes in base64')
  }
  throw invalidMember(`${path}.type`, `${type ?? 'it is missing'}: Input should be base64 or url`)
}

function extensionOf(source: JsonValue): string | undefined {
  const [, extension] = /\.([a-z0-9]+)$/i.exec(source.get('url')?.text ?? '') ?? []
  return extension?.toLowerCase()
}

/** Members of sources by type. */
const SOURCE_MEMBERS: Readonly<Record<string, MemberTable>> = {
  base64: pickMembers('type', 'media_type', 'data'),
  text: pickMembers('type', 'media_type', 'data'),
  content: pickMembers('type', 'content'),
  url: pickMembers('type', 'url'),
}

function pickMembers(...names: readonly (keyof typeof INNER_MEMBERS.source)[]): MemberTable {
  return Object.fromEntries(names.map((name) => [name, INNER_MEMBERS.source[name]]))
}

function requireSource(block: JsonValue, path: string, left: Set<string>): JsonValue {
  const source = block.get('source')
  if (source?.kind !== 'object') throw invalidMember(`${path}.source`, 'Field required')
  const type = source.get('type')?.text ?? ''
  const members = Object.hasOwn(SOURCE_MEMBERS, type) ? SOURCE_MEMBERS[type] : undefined
  checkMembers(source, members ?? INNER_MEMBERS.source, `${path}.source.`, left)
  return source
}

/** Returns a member that must be a string. */
export function requireText(object: JsonValue, name: string, path: string): JsonValue {
  const value = object.get(name)
  if (value?.kind === 'string') return value
  throw invalidMember(`${path}.${name}`, value ? 'Input should be a valid string' : 'Field required')
}

/**
 * Returns the cache point behind a block with `cache_control`. It changes only the cost, so it is left out for models without
 * caches.
 *
 * @param path path of the block; empty for the request
 * @param isOfTools true for a tool, and for the result of one
 */
export function cachePoint(
  block: JsonValue,
  path: string,
  { model, left }: Translation,
  isOfTools = false,
): JsonText[] {
  const control = block.get('cache_control')
  if (!control) return []
  const where = path === '' ? 'cache_control' : `${path}.cache_control`
  checkMembers(control, INNER_MEMBERS.cacheControl, `${where}.`, left)
  if (control.get('type')?.text !== 'ephemeral') throw invalidMember(`${where}.type`, "Input should be 'ephemeral'")
  // Nova has no points behind tools and their results.
  const rule = cacheRule(model.modelId)
  if (!model.mayCache || (isOfTools && rule?.tools === false)) {
    left.add(where)
    return []
  }
  const ttl = control.get('ttl')
  return [one('cachePoint', writeObject([['type', '"default"'], ttl?.text ? ['ttl', ttl.bytes] : undefined]))]
}
