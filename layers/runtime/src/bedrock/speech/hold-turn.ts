import '../../core/index.ts'
import { Readable } from 'node:stream'
import {
  BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  InvokeModelWithBidirectionalStreamCommand,
  type InvokeModelWithBidirectionalStreamOutput,
} from '@aws-sdk/client-bedrock-runtime'
import { NodeHttp2Handler } from '@smithy/node-http-handler'
import { errorTypeOf } from '../../core/errors.ts'
import { encodeException } from '../../event-stream/frame-codec.ts'
import type { SpeechTurn } from './plan-turn.ts'
import { createTurnTranslator } from './to-converse-events.ts'

export interface HeldTurn {
  /** Frames in the form of ConverseStream. Its end or its destruction ends the call to Bedrock. */
  readonly body: Readable
  readonly headers: Readonly<Record<string, string>>
}

export interface HoldOptions {
  readonly modelId: string
  readonly turn: SpeechTurn
  /** Ends the call until Bedrock has accepted it. */
  readonly signal: AbortSignal
}

/**
 * Holds the session of one turn: sends what the user says, waits for the answer, and ends the session. Each turn has its own
 * connection: one that Lambda froze between two calls would be broken.
 *
 * @throws the SDK's errors
 */
export async function holdTurn(
  configuration: BedrockRuntimeClientConfig,
  { modelId, turn, signal }: HoldOptions,
): Promise<HeldTurn> {
  const started = performance.now()
  const requestHandler = new NodeHttp2Handler()
  // The SDK does not repeat a stream, so it has one try. The empty functions suppress its warning about that.
  const logger = { debug() {}, info() {}, warn() {}, error() {} }
  const client = new BedrockRuntimeClient({ ...configuration, requestHandler, maxAttempts: 1, logger })
  const ending = new AbortController()
  const close = () => {
    ending.abort()
    client.destroy()
  }
  const answered = Promise.withResolvers<void>()

  async function* send() {
    for (const bytes of turn.question) yield { chunk: { bytes } }
    await answered.promise
    for (const bytes of turn.end) yield { chunk: { bytes } }
  }

  async function* receive(events: AsyncIterable<InvokeModelWithBidirectionalStreamOutput>): AsyncGenerator<Buffer> {
    const translator = createTurnTranslator()
    try {
      for await (const { chunk } of events) {
        if (chunk?.bytes) yield* translator.add(chunk.bytes)
        if (translator.isAnswered) answered.resolve()
      }
      yield* translator.finish(Math.round(performance.now() - started))
    } catch (error) {
      const { name, message, $fault } = error as { name: string; message: string; $fault?: string }
      // Only exceptions of the service model have a fault. Others break the stream.
      if ($fault === undefined) throw error
      yield encodeException(errorTypeOf(name), { message })
    }
  }

  signal.addEventListener('abort', close, { once: true })
  try {
    const command = new InvokeModelWithBidirectionalStreamCommand({ modelId, body: send() })
    const { body: events, $metadata } = await client.send(command, { abortSignal: ending.signal })
    if (!events) throw new Error('the answer of a bidirectional stream has no stream')
    const body = Readable.from(receive(events), { objectMode: false })
    body.once('close', () => {
      // A session that nobody ends any more must not wait for its answer.
      answered.resolve()
      close()
    })
    return { body, headers: $metadata.requestId === undefined ? {} : { 'x-amzn-requestid': $metadata.requestId } }
  } catch (error) {
    close()
    throw signal.aborted ? signal.reason : error
  } finally {
    signal.removeEventListener('abort', close)
  }
}
