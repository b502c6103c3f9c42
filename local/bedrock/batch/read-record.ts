import { createHash } from 'node:crypto'
import { RestError } from '@bedrock-functions/runtime/core'
import { type JsonDocument, readJsonObject } from '@bedrock-functions/runtime/json'
import { batchMessages } from '../messages.ts'
import { parseJsonObject } from '../shapes/parse-json.ts'
import { InputRefusedError } from './input-refused-error.ts'
import type { Line } from './read-lines.ts'

/** A line of the input, its parts as the caller wrote them. */
export interface BatchRecord {
  /** JSON text. */
  readonly recordId: Buffer
  /** JSON text. */
  readonly modelInput: Buffer
}

const MAGIC_NUMBERS: readonly (readonly [name: string, bytes: Buffer])[] = [
  ['compressed with gzip', Buffer.of(0x1f, 0x8b)],
  ['UTF-16', Buffer.of(0xff, 0xfe)],
  ['UTF-16', Buffer.of(0xfe, 0xff)],
  ['begun by a byte order mark', Buffer.of(0xef, 0xbb, 0xbf)],
]

/**
 * Reads a line that {@link checkLine} accepts. A record without an id gets one, as Bedrock gives it; here it depends on the
 * file and the line.
 */
export function readRecord(file: string, { number, bytes }: Line): BatchRecord {
  const { root } = readJsonObject(bytes)
  return {
    recordId: root.get('recordId')?.bytes ?? Buffer.from(JSON.stringify(makeId(file, number))),
    modelInput: root.get('modelInput')?.bytes ?? Buffer.from('{}'),
  }
}

/**
 * Checks that a line is a record, as Bedrock's validation does: the model's own members are not checked.
 *
 * @returns the record's id, undefined without one
 * @throws InputRefusedError that names the line
 */
export function checkLine(file: string, { number, bytes }: Line): string | undefined {
  const refuse = (fact: string): InputRefusedError => new InputRefusedError(batchMessages.badLine(file, number, fact))
  const [form] = MAGIC_NUMBERS.find(([, magic]) => number === 1 && bytes.subarray(0, magic.length).equals(magic)) ?? []
  if (form !== undefined) throw refuse(`the file is ${form}, it must be plain UTF-8`)
  const { root } = readWhole(bytes, refuse)
  const modelInput = root.get('modelInput')
  if (!modelInput) throw refuse('the member modelInput is missing')
  if (modelInput.kind !== 'object') throw refuse('the member modelInput is not a JSON object')
  const recordId = root.get('recordId')
  if (recordId && recordId.text === undefined) throw refuse('the member recordId is not a string')
  return recordId?.text
}

function readWhole(bytes: Buffer, refuse: (fact: string) => InputRefusedError): JsonDocument {
  try {
    // The reader of positions leaves strings unchecked.
    parseJsonObject(bytes)
    return readJsonObject(bytes)
  } catch (error) {
    if (error instanceof RestError) throw refuse('the line is not a JSON object in UTF-8')
    throw error
  }
}

const ID_CHARACTERS = 11

function makeId(file: string, number: number): string {
  const hash = createHash('sha256').update(`${file}\n${number}`).digest('hex')
  return hash.slice(0, ID_CHARACTERS).toUpperCase()
}
