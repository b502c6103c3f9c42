import type { JsonValue } from '../../json/json-document.ts'
import { type JsonText, writeObject } from '../../json/write-json.ts'
import { invalidRequest } from '../openai/errors.ts'
import { readBase64, readMediaUrl, writeDocument, writeImage } from '../openai/media.ts'
import type { ModelFacts } from '../openai/model-facts.ts'
import { checkMembers } from '../openai/request-members.ts'
import { ANSWER_PART_MEMBERS, INNER_MEMBERS, PART_MEMBERS } from './members.ts'

/** State of one translation. */
export interface Translation {
  readonly model: ModelFacts
  /** Paths of members that are left out. */
  readonly left: Set<string>
}

/** Types of parts by role. */
const PART_TYPES: Readonly<Record<string, readonly string[]>> = {
  system: ['text'],
  developer: ['text'],
  user: ['text', 'image_url', 'input_audio', 'file'],
  assistant: ['text', 'refusal'],
  tool: ['text', 'image_url', 'file'],
}

const EMPTY_STRING_BYTES = 2

/**
 * Converts the content of a message into blocks of Converse. Texts are copied as they are written. Empty texts, which
 * Bedrock refuses, are left out.
 *
 * @param path path of the content, for errors
 */
export function convertContent(
  content: JsonValue | undefined,
  role: string,
  path: string,
  translation: Translation,
): JsonText[] {
  if (content === undefined) return []
  if (content.kind === 'string') return convertText(content)
  if (content.kind !== 'array')
    throw invalidRequest(path, `${path} must be a string or an array of parts.`, 'invalid_type')
  return content.items.flatMap((part, index) => convertPart(part, role, `${path}[${index}]`, translation))
}

export function convertText(text: JsonValue): JsonText[] {
  return text.bytes.length === EMPTY_STRING_BYTES ? [] : [writeObject([['text', text.bytes]])]
}

function convertPart(part: JsonValue, role: string, path: string, translation: Translation): JsonText[] {
  const type = part.get('type')?.text ?? ''
  const types = PART_TYPES[role] ?? []
  const members = PART_MEMBERS[type]
  if (!members || !types.includes(type)) {
    throw invalidRequest(
      `${path}.type`,
      `${path}.type must be ${types.join(' or ')} in a message of the role ${role}.`,
      'invalid_value',
    )
  }
  checkMembers(part, role === 'assistant' ? { ...ANSWER_PART_MEMBERS, ...members } : members, path, translation.left)
  const blocks =
    type === 'text' || type === 'refusal'
      ? convertText(requireString(part, type, path))
      : [convertMedia(part, type, path, translation)]
  const point = blocks.length > 0 ? readCachePoint(part, path, translation) : undefined
  return point === undefined ? blocks : [...blocks, point]
}

function convertMedia(part: JsonValue, type: string, path: string, { left }: Translation): JsonText {
  const inner = part.get(type)
  const innerPath = `${path}.${type}`
  if (inner?.kind !== 'object') throw invalidRequest(innerPath, `${innerPath} must be an object.`, 'invalid_type')
  if (type === 'image_url') {
    checkMembers(inner, INNER_MEMBERS.image_url, innerPath, left)
    const param = `${innerPath}.url`
    return writeImage(readMediaUrl(requireString(inner, 'url', innerPath), param), param)
  }
  if (type === 'input_audio') {
    checkMembers(inner, INNER_MEMBERS.input_audio, innerPath, left)
    const format = requireString(inner, 'format', innerPath)
    const { source } = readBase64(requireString(inner, 'data', innerPath))
    return writeObject([
      [
        'audio',
        writeObject([
          ['format', format.bytes],
          ['source', source],
        ]),
      ],
    ])
  }
  checkMembers(inner, INNER_MEMBERS.file, innerPath, left)
  const param = `${innerPath}.file_data`
  const data = requireString(inner, 'file_data', innerPath)
  const isUrl = data.bytes.toString('latin1', 1, 16).includes(':')
  return writeDocument(isUrl ? readMediaUrl(data, param) : readBase64(data), {
    param,
    filename: inner.get('filename')?.text,
    citations: inner.get('citations')?.bytes,
  })
}

/** Shortest lives of a breakpoint, by the cache points of Bedrock that live at least as long. */
const TTLS: ReadonlyMap<string, string> = new Map([
  ['5m', '5m'],
  ['30m', '1h'],
  ['1h', '1h'],
])

/** Reads a cache point. It changes only the cost, so it is left out for models without caches. */
export function readCachePoint(part: JsonValue, path: string, { model, left }: Translation): JsonText | undefined {
  const name = part.get('prompt_cache_breakpoint') ? 'prompt_cache_breakpoint' : 'cache_control'
  const point = part.get(name)
  if (!point) return undefined
  if (point.get('ttl')) requireString(point, 'ttl', `${path}.${name}`)
  if (!model.mayCache) {
    left.add(`${path}.${name}`)
    return undefined
  }
  const asked = point.get('ttl')?.text
  const ttl = asked === undefined ? undefined : TTLS.get(asked)
  if (asked !== undefined && ttl === undefined) {
    throw invalidRequest(`${path}.${name}.ttl`, `${path}.${name}.ttl is ${asked}, the longest is 1h.`, 'invalid_value')
  }
  return `{"cachePoint":{"type":"default"${ttl === undefined ? '' : `,"ttl":"${ttl}"`}}}`
}

/** @throws BedrockError ValidationException that names the member */
export function requireString(object: JsonValue, name: string, path: string): JsonValue {
  const value = object.get(name)
  if (value?.kind === 'string') return value
  throw invalidRequest(
    `${path}.${name}`,
    `${path}.${name} must be a string.`,
    value ? 'invalid_type' : 'missing_required_parameter',
  )
}
