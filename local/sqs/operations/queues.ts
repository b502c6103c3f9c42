import type { OperationContext } from '../../events/http/aws-json-server.ts'
import type { JsonObject } from '../../template/json.ts'
import { invalidAttributeName, queueDoesNotExist } from '../errors.ts'
import { MAXIMUM_MESSAGE_BYTES } from '../model.ts'
import type { Queue } from '../queue.ts'
import { readInteger, readString, readStrings } from './read-input.ts'

/** The queues of one account in one region. */
export interface QueueAccount {
  readonly queues: ReadonlyMap<string, Queue>
  readonly accountId: string
  readonly region: string
}

const MOST_QUEUES = 1_000

export function getQueueUrl(account: QueueAccount, input: JsonObject, context: OperationContext): object {
  const name = readString(input, 'QueueName')
  if (!account.queues.has(name)) throw queueDoesNotExist()
  return { QueueUrl: urlOf(name, account, context) }
}

/** The next token is the name before the next page. */
export function listQueues(account: QueueAccount, input: JsonObject, context: OperationContext): object {
  const prefix = typeof input.QueueNamePrefix === 'string' ? input.QueueNamePrefix : ''
  const after = typeof input.NextToken === 'string' ? input.NextToken : ''
  const limit = readInteger(input, 'MaxResults', 1, MOST_QUEUES)
  const names = [...account.queues.keys()].filter((name) => name.startsWith(prefix) && name > after).sort()
  const page = names.slice(0, limit ?? MOST_QUEUES)
  if (page.length === 0) return {}
  const isCut = limit !== undefined && page.length < names.length
  return { QueueUrls: page.map((name) => urlOf(name, account, context)), ...(isCut && { NextToken: page.at(-1) }) }
}

export function getQueueAttributes(queue: Queue, input: JsonObject, { accountId, region }: QueueAccount): object {
  const { name, visibilityTimeoutSeconds, messageRetentionSeconds } = queue.options
  const { visible, inFlight, delayed } = queue.count()
  const all: Readonly<Record<string, string>> = {
    QueueArn: `arn:aws:sqs:${region}:${accountId}:${name}`,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    VisibilityTimeout: String(visibilityTimeoutSeconds),
    MessageRetentionPeriod: String(messageRetentionSeconds),
    MaximumMessageSize: String(MAXIMUM_MESSAGE_BYTES),
    DelaySeconds: '0',
    ReceiveMessageWaitTimeSeconds: '0',
  }
  const wanted = readStrings(input, 'AttributeNames')
  const unknown = wanted.find((attribute) => attribute !== 'All' && !Object.hasOwn(all, attribute))
  if (unknown !== undefined) throw invalidAttributeName(unknown)
  const selected = Object.entries(all).filter(([attribute]) => wanted.includes('All') || wanted.includes(attribute))
  return selected.length > 0 ? { Attributes: Object.fromEntries(selected) } : {}
}

export function purgeQueue(queue: Queue): object {
  queue.purge()
  return {}
}

/** The queue that a request is about: the last part of the URL is its name. */
export function findQueue({ queues }: QueueAccount, input: JsonObject): Queue {
  const url = readString(input, 'QueueUrl')
  const queue = queues.get(url.slice(url.lastIndexOf('/') + 1))
  if (!queue) throw queueDoesNotExist()
  return queue
}

function urlOf(name: string, { accountId }: QueueAccount, { origin }: OperationContext): string {
  return `${origin}/${accountId}/${name}`
}
