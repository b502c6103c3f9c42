import type { JsonValue } from '../shapes/json.ts'
import type { RecordedBody } from './recording.ts'

/** Describes bytes in the most readable form that restores them exactly. */
export function describeBody(bytes: Uint8Array): RecordedBody {
  const text = decodeText(bytes)
  if (text === undefined) return { base64: Buffer.from(bytes).toString('base64') }
  return describeJson(text) ?? { text }
}

export function restoreBody(body: RecordedBody | undefined): Buffer {
  if (body === undefined) return Buffer.alloc(0)
  if ('base64' in body) return Buffer.from(body.base64, 'base64')
  if ('text' in body) return Buffer.from(body.text)
  return Buffer.from(body.spacing === 'python' ? stringifyLikePython(body.json) : JSON.stringify(body.json))
}

/** Decodes UTF-8; undefined for other bytes. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** Parses JSON; undefined for other text. */
export function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function describeJson(text: string): RecordedBody | undefined {
  const json = parseJson(text)
  if (json === undefined) return undefined
  try {
    if (JSON.stringify(json) === text) return { json }
    return stringifyLikePython(json) === text ? { json, spacing: 'python' } : undefined
  } catch {
    // Nested too deeply for recursion.
    return undefined
  }
}

/** Writes JSON as Python's json.dumps, and so boto3: spaces after separators, only ASCII. */
function stringifyLikePython(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(stringifyLikePython).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([name, member]) => `${quote(name)}: ${stringifyLikePython(member)}`)
    return `{${members.join(', ')}}`
  }
  return typeof value === 'string' ? quote(value) : JSON.stringify(value)
}

function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
