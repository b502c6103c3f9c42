import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { RestError } from '../core/errors.ts'
import { type JsonValue, readJsonObject } from '../json/json-document.ts'
import type { BatchFormat } from './batch.ts'
import { badLine } from './batch-input-error.ts'
import type { Line } from './read-lines.ts'

/** A line of the input. Its parts are the bytes that the caller wrote. */
export interface BatchRecord {
  readonly recordId: string
  readonly modelInput: JsonValue
}

/** Forms of files that no JSON Lines reader takes, by their first bytes. */
const FORMS: readonly (readonly [name: string, bytes: Buffer])[] = [
  ['UTF-16', Buffer.of(0xff, 0xfe)],
  ['UTF-16', Buffer.of(0xfe, 0xff)],
  ['compressed with gzip', Buffer.of(0x1f, 0x8b)],
  ['compressed with zstd', Buffer.of(0x28, 0xb5, 0x2f, 0xfd)],
]

/** Source: none; Bedrock documents no limit. Keys and logs of the caller's tools hold an id. */
const MAX_RECORD_ID_CHARACTERS = 1000

/** True for a line of white space, which is no record. */
export function isBlank({ bytes }: Pick<Line, 'bytes'>): boolean {
  return bytes.toString('latin1').trim() === ''
}

/** Members of a record in each contract: its identifier, and the body for the model. */
const MEMBERS = {
  bedrock: { id: 'recordId', input: 'modelInput' },
  openai: { id: 'custom_id', input: 'body' },
  anthropic: { id: 'custom_id', input: 'params' },
} as const

/** Path that a record of OpenAI's contract names. */
export const OPENAI_ENDPOINT = '/v1/chat/completions'

/**
 * Reads a record: `{"recordId": "…", "modelInput": {…}}` in Bedrock's contract, `{"custom_id", "method", "url", "body"}` in
 * OpenAI's, `{"custom_id", "params"}` in Anthropic's. A record of Bedrock's without an id gets one, as Bedrock gives it; here it
 * depends on the file and the line.
 *
 * @throws BatchInputError that names the line and the member
 */
export function readRecord(
  file: string,
  { number, bytes }: Pick<Line, 'number' | 'bytes'>,
  format?: BatchFormat,
): BatchRecord {
  const [form] = FORMS.find(([, magic]) => number === 1 && bytes.subarray(0, magic.length).equals(magic)) ?? []
  if (form !== undefined) throw badLine(file, number, `the file is ${form}, it must be plain UTF-8`)
  const root = readRoot(file, { number, bytes })
  const members = MEMBERS[format ?? 'bedrock']
  const modelInput = root.get(members.input)
  if (!modelInput) throw badLine(file, number, `the member ${members.input} is missing`)
  if (modelInput.kind !== 'object') throw badLine(file, number, `the member ${members.input} is not a JSON object`)
  const recordId = root.get(members.id)
  if (recordId && recordId.kind !== 'string') throw badLine(file, number, `the member ${members.id} is not a string`)
  if (format && !recordId) throw badLine(file, number, `the member ${members.id} is missing`)
  if (format === 'openai') checkTarget(file, number, root)
  const id = recordId?.text ?? makeId(file, number)
  if (id.length > MAX_RECORD_ID_CHARACTERS) {
    throw badLine(file, number, `the member ${members.id} has more than ${MAX_RECORD_ID_CHARACTERS} characters`)
  }
  return { recordId: id, modelInput }
}

function checkTarget(file: string, number: number, root: JsonValue): void {
  const url = root.get('url')?.text
  if (root.get('method')?.text !== 'POST') throw badLine(file, number, 'the member method is not POST')
  if (url !== OPENAI_ENDPOINT) throw badLine(file, number, `the member url is not ${OPENAI_ENDPOINT}`)
}

function readRoot(file: string, { number, bytes }: Pick<Line, 'number' | 'bytes'>): JsonValue {
  if (!isUtf8(bytes)) throw badLine(file, number, 'the line is not UTF-8')
  try {
    return readJsonObject(bytes).root
  } catch (error) {
    if (error instanceof RestError) throw badLine(file, number, 'the line is not a JSON object')
    throw error
  }
}

const ID_CHARACTERS = 11

function makeId(file: string, number: number): string {
  const hash = createHash('sha256').update(`${file}\n${number}`).digest('hex')
  return hash.slice(0, ID_CHARACTERS).toUpperCase()
}
