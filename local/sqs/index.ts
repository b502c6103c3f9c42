import { createAwsJsonServer, type Operation, type RequestSummary } from '../events/http/aws-json-server.ts'
import type { DualProtocolServer, ListenOptions } from '../net/dual-protocol-server.ts'
import { StateJournal } from '../storage/state-journal.ts'
import type { JsonObject } from '../template/json.ts'
import type { QueueRecord } from './model.ts'
import {
  changeMessageVisibility,
  checkBody,
  deleteMessage,
  receiveMessage,
  sendMessage,
} from './operations/messages.ts'
import { findQueue, getQueueAttributes, getQueueUrl, listQueues, purgeQueue } from './operations/queues.ts'
import { createQueue, type Queue, type QueueOptions } from './queue.ts'
import { QueueState } from './queue-state.ts'

export type { RequestSummary } from '../events/http/aws-json-server.ts'
export type { QueueOptions } from './queue.ts'

/** Far beyond the largest message, escapes included, so that the limit's own message is what clients see. */
const MAXIMUM_BODY_BYTES = 8 * 1024 * 1024

export interface SqsServerOptions {
  /** Holds all state; made when it is not there. One process at a time. */
  readonly directory: string
  /** Their settings hold from this start on. Messages of a queue that is not among them wait until it is again. */
  readonly queues: readonly QueueOptions[]
  readonly accountId: string
  readonly region: string
  /** Called once for each request, after its answer. */
  readonly onRequest?: (summary: RequestSummary) => void
}

export interface SqsServer extends DualProtocolServer {
  /**
   * Opens the directory, then listens. Rejects with DirectoryInUseError or JournalError, or when the port is
   * taken; nothing stays open then.
   */
  listen(port: number, options?: ListenOptions): Promise<number>
  /**
   * Sends from within the process; resolves once durable. The same `id` for the same queue is taken once: within ten
   * minutes, and as long as its message is there. Rejects for an unknown queue and for a body that SQS refuses.
   */
  send(queueName: string, body: string, id?: string): Promise<void>
}

/**
 * Amazon SQS for standard queues on the loopback interface, AWS JSON 1.0 over HTTP/1.1 and h2c on one port. A message is
 * there however the process ends; who has received it is forgotten then, and it can be received again.
 */
export function createSqsServer(options: SqsServerOptions): SqsServer {
  const { directory, accountId, region, onRequest } = options
  const state = new QueueState()
  const queues = new Map<string, Queue>()
  const account = { queues, accountId, region }
  let journal: StateJournal<QueueRecord> | undefined

  const onQueue =
    (run: (queue: Queue, ...rest: Parameters<Operation>) => ReturnType<Operation>): Operation =>
    (input, context) =>
      run(findQueue(account, input), input, context)

  const server = createAwsJsonServer({
    targetPrefix: 'AmazonSQS',
    version: '1.0',
    errorPrefix: 'com.amazonaws.sqs#',
    operations: {
      SendMessage: onQueue(sendMessage),
      ReceiveMessage: onQueue(receiveMessage),
      DeleteMessage: onQueue(deleteMessage),
      ChangeMessageVisibility: onQueue(changeMessageVisibility),
      PurgeQueue: onQueue(purgeQueue),
      GetQueueAttributes: onQueue((queue, input: JsonObject) => getQueueAttributes(queue, input, account)),
      GetQueueUrl: (input, context) => getQueueUrl(account, input, context),
      ListQueues: (input, context) => listQueues(account, input, context),
    },
    maximumBodyBytes: MAXIMUM_BODY_BYTES,
    onRequest,
  })

  function commit(record: QueueRecord): void {
    if (!journal) throw new Error('the server is not open')
    journal.commit(record)
  }

  async function closeState(): Promise<void> {
    for (const queue of queues.values()) queue.close()
    await journal?.close()
  }

  return {
    async listen(port, listenOptions) {
      journal = await StateJournal.open<QueueRecord>(directory, state)
      for (const queue of options.queues) queues.set(queue.name, createQueue(queue, { state, commit }))
      try {
        return await server.listen(port, listenOptions)
      } catch (error) {
        await closeState()
        throw error
      }
    },
    async send(queueName, body, id) {
      const queue = queues.get(queueName)
      if (!queue) throw new Error(`there is no queue ${queueName}`)
      checkBody(body, {})
      if (id !== undefined && state.knows(queueName, id)) return
      queue.send({ body, attributes: {}, delaySeconds: 0, ...(id !== undefined && { id }) })
    },
    async close() {
      await server.close()
      await closeState()
    },
  }
}
