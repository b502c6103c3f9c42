import { createAwsJsonServer, type Operation, type RequestSummary } from '../events/http/aws-json-server.ts'
import type { DualProtocolServer, ListenOptions } from '../net/dual-protocol-server.ts'
import { StateJournal } from '../storage/state-journal.ts'
import { MAX_MESSAGE_BYTES, type QueueRecord } from './model.ts'
import { deleteMessage, findQueue, getQueueAttributes, getQueueUrl, receiveMessage } from './operations.ts'
import { createQueue, type Queue, type QueueOptions } from './queue.ts'
import { QueueState } from './queue-state.ts'

export type { RequestSummary } from '../events/http/aws-json-server.ts'
export type { QueueOptions } from './queue.ts'

const MAX_REQUEST_BYTES = 1024 * 1024

export interface SqsServerOptions {
  /** Directory of all state; created when missing. One process at a time. */
  readonly directory: string
  /** Settings apply from this start on. Messages of a queue that is missing here wait until it is back. */
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
   * Sends from within the process; resolves once durable. An `id` is accepted once per queue: within ten minutes, and as
   * long as its message is there. Rejects for an unknown queue and for a body over 1 MiB.
   */
  send(queueName: string, body: string, id?: string): Promise<void>
}

/**
 * Amazon SQS's standard queues for reading: ReceiveMessage, DeleteMessage, GetQueueUrl, GetQueueAttributes. Messages come
 * from `send`. AWS JSON 1.0 over HTTP/1.1 and h2c on one port. Messages survive a crash; receipts do not, so a message
 * may be received again after a restart.
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
      ReceiveMessage: onQueue(receiveMessage),
      DeleteMessage: onQueue(deleteMessage),
      GetQueueAttributes: onQueue((queue, input) => getQueueAttributes(queue, input, account)),
      GetQueueUrl: (input, context) => getQueueUrl(account, input, context),
    },
    maxBodyBytes: MAX_REQUEST_BYTES,
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
      const bytes = Buffer.byteLength(body)
      if (bytes > MAX_MESSAGE_BYTES) throw new Error(`message of ${bytes} bytes, the limit is ${MAX_MESSAGE_BYTES}`)
      if (id === undefined || !state.knows(queueName, id)) queue.send(body, id)
    },
    async close() {
      await server.close()
      await closeState()
    },
  }
}
