import { createHash } from 'node:crypto'
import { isObject, type JsonObject } from '../../template/json.ts'
import { invalidParameter } from '../errors.ts'
import type { MessageAttribute, MessageAttributes } from '../model.ts'

const MAXIMUM_ATTRIBUTES = 10

export function readMessageAttributes({ MessageAttributes: attributes = {} }: JsonObject): MessageAttributes {
  if (!isObject(attributes)) throw invalidParameter('Value for parameter MessageAttributes is invalid.')
  const entries = Object.entries(attributes)
  if (entries.length > MAXIMUM_ATTRIBUTES) {
    throw invalidParameter(`Number of message attributes [${entries.length}] exceeds the allowed maximum [10].`)
  }
  return Object.fromEntries(entries.map(([name, attribute]) => [name, readAttribute(name, attribute)]))
}

function readAttribute(name: string, attribute: unknown): MessageAttribute {
  const { DataType, StringValue, BinaryValue } = isObject(attribute) ? attribute : {}
  const [type] = String(DataType).split('.')
  const isBinary = type === 'Binary'
  const value = isBinary ? BinaryValue : StringValue
  if (!['String', 'Number', 'Binary'].includes(String(type)) || typeof value !== 'string' || value === '') {
    throw invalidParameter(`The message attribute '${name}' has an invalid message attribute type or no value.`)
  }
  return { DataType: String(DataType), ...(isBinary ? { BinaryValue: value } : { StringValue: value }) }
}

/** Those that a receiver names: by name, by `prefix.*`, or all. */
export function selectMessageAttributes(attributes: MessageAttributes, wanted: readonly string[]): MessageAttributes {
  const isWanted = (name: string) =>
    wanted.some((one) => one === 'All' || one === '.*' || one === name || (one.endsWith('.*') && isUnder(name, one)))
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => isWanted(name)))
}

function isUnder(name: string, prefix: string): boolean {
  return name.startsWith(prefix.slice(0, -'*'.length))
}

/** The bytes that count towards the size of a message. */
export function attributeBytes(attributes: MessageAttributes): number {
  return Object.entries(attributes).reduce(
    (sum, [name, attribute]) =>
      sum + Buffer.byteLength(name) + Buffer.byteLength(attribute.DataType) + bytesOf(attribute).length,
    0,
  )
}

/**
 * By name: name, type, a byte for the kind of value and the value, each text behind its length in four bytes. Source: SQS
 * Developer Guide, "Calculating the MD5 message digest for message attributes".
 */
export function digestMessageAttributes(attributes: MessageAttributes): string {
  const hash = createHash('md5')
  const update = (bytes: Buffer) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    hash.update(length).update(bytes)
  }
  for (const [name, attribute] of Object.entries(attributes).sort(([one], [other]) => (one < other ? -1 : 1))) {
    update(Buffer.from(name))
    update(Buffer.from(attribute.DataType))
    hash.update(Buffer.from([attribute.BinaryValue === undefined ? 1 : 2]))
    update(bytesOf(attribute))
  }
  return hash.digest('hex')
}

function bytesOf({ StringValue, BinaryValue }: MessageAttribute): Buffer {
  return BinaryValue === undefined ? Buffer.from(StringValue ?? '') : Buffer.from(BinaryValue, 'base64')
}
