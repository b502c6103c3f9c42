import { BedrockError } from '@bedrock-functions/runtime/core'
import { countInputTokens, countTextTokens } from '../conversation/count-tokens.ts'
import type { AnswerEvent, ConversationRequest, StartedBlock, StopReason } from '../conversation/types.ts'
import { deriveId, hashRequest } from '../deterministic-model/hash-request.ts'
import type { JsonObject } from '../shapes/json.ts'
import { parseJsonObject } from '../shapes/parse-json.ts'
import { readNumber, readObject, readObjects, readString } from '../shapes/read-json.ts'
import { readServerEvents } from './read-server-events.ts'
import { readStopReason, readUsage } from './read-usage.ts'

/**
 * Converts OpenAI's `chat.completion.chunk` events to answer events, one at a time. Every failure after the first byte is a
 * ModelStreamErrorException, also an end without a finish reason.
 */
export async function* streamCompletion(
  body: AsyncIterable<Uint8Array>,
  request: ConversationRequest,
  signal: AbortSignal,
): AsyncGenerator<AnswerEvent> {
  const reader = new CompletionReader(request)
  yield { kind: 'answer-start', inputTokens: countInputTokens(request) }
  try {
    for await (const data of readServerEvents(body)) {
      if (data === '[DONE]') break
      yield* reader.read(parseJsonObject(Buffer.from(data)))
    }
  } catch (error) {
    if (signal.aborted || (error instanceof BedrockError && error.name === 'ModelStreamErrorException')) throw error
    throw streamError('The stream of the server behind the emulator broke off.', (error as Error).message, error)
  }
  yield* reader.finish()
}

function streamError(message: string, originalMessage: string, cause?: unknown): BedrockError {
  return new BedrockError('ModelStreamErrorException', message, {
    details: { originalStatusCode: 500, originalMessage },
    cause,
  })
}

/** Keeps one block open at a time, because chunks do not mark where a block begins. */
class CompletionReader {
  readonly #request: ConversationRequest
  readonly #hash: Buffer
  #block: StartedBlock | undefined
  #blocks = 0
  /** Server's number of the open tool call. */
  #call: number | undefined
  #calls = 0
  #stopReason: StopReason | undefined
  #outputTokens = 0
  #usage: JsonObject | undefined

  constructor(request: ConversationRequest) {
    this.#request = request
    this.#hash = hashRequest(request)
  }

  *read(chunk: JsonObject): Generator<AnswerEvent> {
    const error = readObject(chunk.error)
    if (error) throw streamError('The server behind the emulator failed.', readString(error.message) ?? '')
    this.#usage = readObject(chunk.usage) ?? this.#usage
    const [choice] = readObjects(chunk.choices)
    if (!choice) return
    const delta = readObject(choice.delta) ?? {}
    const reasoning = readString(delta.reasoning_content) ?? readString(delta.reasoning) ?? ''
    if (reasoning !== '' && this.#request.parameters.reasoning) yield* this.#add('reasoning', reasoning)
    const text = readString(delta.content) ?? ''
    if (text !== '') yield* this.#add('text', text)
    for (const call of readObjects(delta.tool_calls)) yield* this.#addCall(call)
    const finish = readString(choice.finish_reason)
    if (finish !== undefined) this.#stopReason = readStopReason(finish)
  }

  *finish(): Generator<AnswerEvent> {
    const stopReason = this.#stopReason
    if (!stopReason) throw streamError('The stream of the server behind the emulator has no end.', 'no finish_reason')
    // Bedrock's answers always have a block.
    if (this.#blocks === 0) yield* this.#add('text', '')
    yield* this.#close()
    yield {
      kind: 'answer-stop',
      stopReason,
      usage: readUsage(this.#usage, {
        inputTokens: countInputTokens(this.#request),
        outputTokens: this.#outputTokens,
      }),
    }
  }

  *#add(kind: 'text' | 'reasoning', text: string): Generator<AnswerEvent> {
    if (this.#block?.kind !== kind) yield* this.#open({ kind, index: this.#blocks })
    yield* this.#piece(text)
  }

  *#addCall(call: JsonObject): Generator<AnswerEvent> {
    const { name, arguments: input } = readObject(call.function) ?? {}
    const number = readNumber(call.index) ?? 0
    if (this.#block?.kind !== 'toolUse' || number !== this.#call) {
      const id = deriveId(this.#hash, `tool ${this.#calls}`)
      this.#calls += 1
      this.#call = number
      yield* this.#open({ kind: 'toolUse', index: this.#blocks, id, name: readString(name) ?? '' })
    }
    const text = readString(input) ?? ''
    if (text !== '') yield* this.#piece(text)
  }

  *#open(block: StartedBlock): Generator<AnswerEvent> {
    yield* this.#close()
    this.#block = block
    this.#blocks += 1
    yield { kind: 'block-start', block }
  }

  *#piece(text: string): Generator<AnswerEvent> {
    if (!this.#block) return
    this.#outputTokens += countTextTokens(text)
    yield { kind: 'block-delta', block: this.#block, text }
  }

  *#close(): Generator<AnswerEvent> {
    const block = this.#block
    if (!block) return
    this.#block = undefined
    yield { kind: 'block-stop', block }
  }
}
