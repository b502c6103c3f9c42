import type { JsonValue } from '../../json/json-document.ts'
import { type JsonText, writeObject } from '../../json/write-json.ts'
import { invalidRequest } from '../openai/errors.ts'
import { type Media, readBase64, readMediaUrl, writeDocument, writeImage } from '../openai/media.ts'
import { checkMembers } from '../openai/request-members.ts'
import { convertText, readCachePoint, requireString, type Translation } from '../openai-chat/convert-content.ts'
import { INNER_MEMBERS as CHAT_MEMBERS } from '../openai-chat/members.ts'
import { PART_MEMBERS } from './members.ts'

/** Place in which parts stand: the role of a message, or the output of a tool. */
export type PartPlace = 'system' | 'user' | 'assistant' | 'output'

/** Types of parts by place. */
const PART_TYPES: Readonly<Record<PartPlace, readonly string[]>> = {
  system: ['input_text'],
  user: ['input_text', 'input_image', 'input_file', 'input_audio'],
  // Clients write messages of the assistant anew, with parts of the input.
  assistant: ['output_text', 'refusal', 'input_text'],
  output: ['input_text', 'output_text', 'input_image', 'input_file'],
}

/**
 * Converts a text or parts into blocks of Converse. Texts and base64 are copied as they are written.
 *
 * @param path path of the content, for errors
 */
export function convertParts(
  content: JsonValue | undefined,
  place: PartPlace,
  path: string,
  translation: Translation,
): JsonText[] {
  if (content?.kind === 'string') return convertText(content)
  if (content?.kind === 'array') {
    return content.items.flatMap((part, index) => convertPart(part, place, `${path}[${index}]`, translation))
  }
  throw invalidRequest(path, `${path} must be a string or an array of parts.`, 'invalid_type')
}

function convertPart(part: JsonValue, place: PartPlace, path: string, translation: Translation): JsonText[] {
  const type = part.get('type')?.text ?? ''
  const types = PART_TYPES[place]
  if (!types.includes(type)) {
    throw invalidRequest(`${path}.type`, `${path}.type must be ${types.join(' or ')}.`, 'invalid_value')
  }
  checkMembers(part, PART_MEMBERS[type] ?? {}, path, translation.left)
  const blocks = convertByType(part, type, path, translation)
  const point = blocks.length > 0 ? readCachePoint(part, path, translation) : undefined
  return point === undefined ? blocks : [...blocks, point]
}

function convertByType(part: JsonValue, type: string, path: string, translation: Translation): JsonText[] {
  switch (type) {
    case 'input_image': {
      const param = `${path}.image_url`
      return [writeImage(readMediaUrl(requireString(part, 'image_url', path), param), param)]
    }
    case 'input_file':
      return [convertFile(part, path)]
    case 'input_audio':
      return [convertAudio(part, path, translation)]
    default:
      return convertText(requireString(part, type === 'refusal' ? 'refusal' : 'text', path))
  }
}

function convertFile(part: JsonValue, path: string): JsonText {
  const name = part.get('file_data') ? 'file_data' : 'file_url'
  const param = `${path}.${name}`
  return writeDocument(readFile(requireString(part, name, path), name, param), {
    param,
    filename: part.get('filename')?.text,
    citations: part.get('citations')?.bytes,
  })
}

/** Bytes of a value that can hold the scheme of a URL. */
const MAX_SCHEME_BYTES = 16

function readFile(data: JsonValue, name: string, param: string): Media {
  const isUrl = name === 'file_url' || data.bytes.toString('latin1', 1, MAX_SCHEME_BYTES).includes(':')
  return isUrl ? readMediaUrl(data, param) : readBase64(data)
}

function convertAudio(part: JsonValue, path: string, { left }: Translation): JsonText {
  const audio = part.get('input_audio')
  const param = `${path}.input_audio`
  if (audio?.kind !== 'object') throw invalidRequest(param, `${param} must be an object.`, 'invalid_type')
  checkMembers(audio, CHAT_MEMBERS.input_audio, param, left)
  const { source } = readBase64(requireString(audio, 'data', param))
  const members = writeObject([
    ['format', requireString(audio, 'format', param).bytes],
    ['source', source],
  ])
  return writeObject([['audio', members]])
}
