import { createHash } from 'node:crypto'
import type { OperationContext } from '../../events/http/aws-json-server.ts'
import type { JsonObject } from '../../template/json.ts'
import {
  invalidMessageContents,
  invalidParameter,
  invalidReceiptHandle,
  messageNotInFlight,
  missingParameter,
} from '../errors.ts'
import { MAXIMUM_MESSAGE_BYTES, type MessageAttributes } from '../model.ts'
import { parseReceiptHandle, type Queue, type ReceivedMessage } from '../queue.ts'
import {
  attributeBytes,
  digestMessageAttributes,
  readMessageAttributes,
  selectMessageAttributes,
} from './message-attributes.ts'
import { readInteger, readString, readStrings } from './read-input.ts'

/** Bounds of the request parameters. Source: SQS API Reference. */
const LONGEST_DELAY_SECONDS = 900
const LONGEST_VISIBILITY_SECONDS = 43_200
const LONGEST_WAIT_SECONDS = 20
const MOST_MESSAGES = 10

/** What XML cannot hold. Source: SQS API Reference, SendMessage. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const INVALID_CHARACTERS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/

/** Throws an AwsJsonError for a body that SQS refuses. */
export function checkBody(body: string, attributes: MessageAttributes): void {
  if (Buffer.byteLength(body) + attributeBytes(attributes) > MAXIMUM_MESSAGE_BYTES) {
    throw invalidParameter(
      `One or more parameters are invalid. Reason: Message must be shorter than ${MAXIMUM_MESSAGE_BYTES} bytes.`,
    )
  }
  if (INVALID_CHARACTERS.test(body)) throw invalidMessageContents()
}

export function sendMessage(queue: Queue, input: JsonObject): object {
  const body = readString(input, 'MessageBody')
  const attributes = readMessageAttributes(input)
  checkBody(body, attributes)
  const delaySeconds = readInteger(input, 'DelaySeconds', 0, LONGEST_DELAY_SECONDS) ?? 0
  const { messageId } = queue.send({ body, attributes, delaySeconds })
  return { MessageId: messageId, MD5OfMessageBody: digest(body), ...attributesDigest(attributes) }
}

/** No `Messages` at all when there are none, as SQS does it. */
export async function receiveMessage(queue: Queue, input: JsonObject, { signal }: OperationContext): Promise<object> {
  const received = await queue.receive({
    maximumMessages: readInteger(input, 'MaxNumberOfMessages', 1, MOST_MESSAGES) ?? 1,
    visibilityTimeoutSeconds:
      readInteger(input, 'VisibilityTimeout', 0, LONGEST_VISIBILITY_SECONDS) ?? queue.options.visibilityTimeoutSeconds,
    waitSeconds: readInteger(input, 'WaitTimeSeconds', 0, LONGEST_WAIT_SECONDS) ?? 0,
    signal,
  })
  const attributeNames = [...readStrings(input, 'AttributeNames'), ...readStrings(input, 'MessageSystemAttributeNames')]
  const wanted = readStrings(input, 'MessageAttributeNames')
  if (received.length === 0) return {}
  return { Messages: received.map((message) => renderMessage(message, attributeNames, wanted)) }
}

function renderMessage(message: ReceivedMessage, attributeNames: readonly string[], wanted: readonly string[]): object {
  const system = Object.entries({
    SenderId: 'local',
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
  }).filter(([name]) => attributeNames.includes('All') || attributeNames.includes(name))
  const attributes = selectMessageAttributes(message.attributes, wanted)
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: digest(message.body),
    Body: message.body,
    ...(system.length > 0 && { Attributes: Object.fromEntries(system) }),
    ...(Object.keys(attributes).length > 0 && { MessageAttributes: attributes }),
    ...attributesDigest(attributes),
  }
}

export function deleteMessage(queue: Queue, input: JsonObject): object {
  queue.delete(readMessageId(queue, input))
  return {}
}

export function changeMessageVisibility(queue: Queue, input: JsonObject): object {
  const messageId = readMessageId(queue, input)
  const seconds = readInteger(input, 'VisibilityTimeout', 0, LONGEST_VISIBILITY_SECONDS)
  if (seconds === undefined) throw missingParameter('VisibilityTimeout')
  if (!queue.changeVisibility(messageId, seconds)) throw messageNotInFlight()
  return {}
}

function readMessageId(queue: Queue, input: JsonObject): string {
  const handle = readString(input, 'ReceiptHandle')
  const messageId = parseReceiptHandle(queue.options.name, handle)
  if (messageId === undefined) throw invalidReceiptHandle(handle)
  return messageId
}

function digest(text: string): string {
  return createHash('md5').update(text).digest('hex')
}

function attributesDigest(attributes: MessageAttributes): object {
  return Object.keys(attributes).length > 0 ? { MD5OfMessageAttributes: digestMessageAttributes(attributes) } : {}
}
