import { DeleteMessageCommand, type Message, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { type DeadLetter, readDeadLetter } from './read-dead-letter.ts'

export interface RedriveOptions {
  readonly sqs: SQSClient
  readonly queueUrl: string
  readonly dryRun: boolean
  readonly limit: number
  /** Sends a dead letter again. Returns what it did. */
  readonly send: (letter: DeadLetter) => Promise<string>
  /** Called with a line for each dead letter. */
  readonly print: (line: string) => void
}

/** Number of dead letters that were sent again (or would be), and of those that stay in the queue. */
export interface Redriven {
  readonly sent: number
  readonly kept: number
}

/** Time for the work on a batch. A message that stays appears again after it. */
const VISIBILITY_SECONDS = 120
const DRY_RUN_VISIBILITY_SECONDS = 30
const BATCH = 10

/**
 * Sends the dead letters again and deletes each one after that, so that a crash in between loses none. A job that is retried
 * twice, and an event that starts a job and is delivered twice, start one job, since their tokens stay the same.
 */
export async function redrive(options: RedriveOptions): Promise<Redriven> {
  const { sqs, queueUrl, dryRun, limit } = options
  let sent = 0
  let kept = 0
  while (sent + kept < limit) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: Math.min(BATCH, limit - sent - kept),
        VisibilityTimeout: dryRun ? DRY_RUN_VISIBILITY_SECONDS : VISIBILITY_SECONDS,
        // A short wait asks all servers of the queue, so that an empty answer means an empty queue.
        WaitTimeSeconds: 1,
        MessageAttributeNames: ['All'],
      }),
    )
    if (Messages.length === 0) break
    for (const message of Messages) {
      if (await handle(message, options)) sent += 1
      else kept += 1
    }
  }
  return { sent, kept }
}

/** Sends one dead letter again and deletes it. Returns false if it stays in the queue. */
async function handle(message: Message, { sqs, queueUrl, dryRun, send, print }: RedriveOptions): Promise<boolean> {
  const letter = readDeadLetter(toDeadLetterMessage(message))
  if (!letter) {
    print(`message ${message.MessageId} has no known shape: stays in the queue`)
    return false
  }
  if (dryRun) {
    print(describe(letter))
    return true
  }
  try {
    const done = await send(letter)
    await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: message.ReceiptHandle }))
    print(`${describe(letter)}: ${done}`)
    return true
  } catch (error) {
    print(`${describe(letter)}: stays in the queue, ${(error as Error).message}`)
    return false
  }
}

function toDeadLetterMessage({ Body = '', MessageAttributes = {} }: Message) {
  const attributes = Object.entries(MessageAttributes).map(([name, { StringValue = '' }]) => [name, StringValue])
  return { body: Body, attributes: Object.fromEntries(attributes) }
}

function describe(letter: DeadLetter): string {
  if (letter.kind === 'job') return `job ${letter.id} (${letter.why})`
  return `${letter.kind} for ${letter.target} (${letter.why})`
}
