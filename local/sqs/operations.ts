import { createHash } from 'node:crypto'
import type { OperationContext } from '../events/http/aws-json-server.ts'
import type { JsonObject } from '../template/json.ts'
import {
  invalidAttributeName,
  invalidParameter,
  invalidReceiptHandle,
  missingParameter,
  queueDoesNotExist,
} from './errors.ts'
import { MAX_MESSAGE_BYTES } from './model.ts'
import { parseReceiptHandle, type Queue, type ReceivedMessage } from './queue.ts'

/** Bounds of the request parameters. Source: SQS API Reference, ReceiveMessage. */
const MAX_VISIBILITY_SECONDS = 43_200
const MAX_WAIT_SECONDS = 20
const MAX_MESSAGES = 10

/** The queues of one account in one region. */
export interface QueueAccount {
  readonly queues: ReadonlyMap<string, Queue>
  readonly accountId: string
  readonly region: string
}

/** Leaves `Messages` out when there are none, as SQS does. */
export async function receiveMessage(queue: Queue, input: JsonObject, { signal }: OperationContext): Promise<object> {
  const attributeNames = [...readStrings(input, 'AttributeNames'), ...readStrings(input, 'MessageSystemAttributeNames')]
  const received = await queue.receive({
    maxMessages: readInteger(input, 'MaxNumberOfMessages', 1, MAX_MESSAGES) ?? 1,
    visibilityTimeoutSeconds:
      readInteger(input, 'VisibilityTimeout', 0, MAX_VISIBILITY_SECONDS) ?? queue.options.visibilityTimeoutSeconds,
    waitSeconds: readInteger(input, 'WaitTimeSeconds', 0, MAX_WAIT_SECONDS) ?? 0,
    signal,
  })
  if (received.length === 0) return {}
  return { Messages: received.map((message) => renderMessage(message, attributeNames)) }
}

function renderMessage(message: ReceivedMessage, attributeNames: readonly string[]): object {
  const attributes = {
    SenderId: 'local',
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
  }
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: createHash('md5').update(message.body).digest('hex'),
    Body: message.body,
    ...selectAttributes(attributes, attributeNames),
  }
}

export function deleteMessage(queue: Queue, input: JsonObject): object {
  const handle = readString(input, 'ReceiptHandle')
  const messageId = parseReceiptHandle(queue.options.name, handle)
  if (messageId === undefined) throw invalidReceiptHandle(handle)
  queue.delete(messageId)
  return {}
}

export function getQueueUrl({ queues, accountId }: QueueAccount, input: JsonObject, context: OperationContext): object {
  const name = readString(input, 'QueueName')
  if (!queues.has(name)) throw queueDoesNotExist()
  return { QueueUrl: `${context.origin}/${accountId}/${name}` }
}

export function getQueueAttributes(queue: Queue, input: JsonObject, { accountId, region }: QueueAccount): object {
  const { name, visibilityTimeoutSeconds, messageRetentionSeconds } = queue.options
  const { visible, inFlight } = queue.count()
  const attributes: Readonly<Record<string, string>> = {
    QueueArn: `arn:aws:sqs:${region}:${accountId}:${name}`,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: '0',
    VisibilityTimeout: String(visibilityTimeoutSeconds),
    MessageRetentionPeriod: String(messageRetentionSeconds),
    MaximumMessageSize: String(MAX_MESSAGE_BYTES),
    DelaySeconds: '0',
    ReceiveMessageWaitTimeSeconds: '0',
  }
  const names = readStrings(input, 'AttributeNames')
  const unknown = names.find((one) => one !== 'All' && !Object.hasOwn(attributes, one))
  if (unknown !== undefined) throw invalidAttributeName(unknown)
  return selectAttributes(attributes, names)
}

function selectAttributes(all: Readonly<Record<string, string>>, names: readonly string[]): { Attributes?: object } {
  const selected = Object.entries(all).filter(([name]) => names.includes('All') || names.includes(name))
  return selected.length > 0 ? { Attributes: Object.fromEntries(selected) } : {}
}

/** Finds the queue of a request by the last part of its URL, the name. */
export function findQueue({ queues }: QueueAccount, input: JsonObject): Queue {
  const url = readString(input, 'QueueUrl')
  const queue = queues.get(url.slice(url.lastIndexOf('/') + 1))
  if (!queue) throw queueDoesNotExist()
  return queue
}

function readString(input: JsonObject, name: string): string {
  const value = input[name]
  if (typeof value !== 'string' || value === '') throw missingParameter(name)
  return value
}

/** Undefined when the parameter is left out. */
function readInteger(input: JsonObject, name: string, first: number, last: number): number | undefined {
  const value = input[name]
  if (value === undefined || value === null) return undefined
  if (!Number.isInteger(value) || (value as number) < first || (value as number) > last) {
    const reason = `Reason: Must be between ${first} and ${last}, if provided.`
    throw invalidParameter(`Value ${JSON.stringify(value)} for parameter ${name} is invalid. ${reason}`)
  }
  return value as number
}

/** Empty when the parameter is left out. */
function readStrings(input: JsonObject, name: string): readonly string[] {
  const value = input[name] ?? []
  if (!Array.isArray(value)) throw invalidParameter(`Value for parameter ${name} is invalid. Reason: Not a list.`)
  return value.map(String)
}
