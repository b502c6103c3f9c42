import type { RestError } from '../../core/errors.ts'
import type { Frame } from '../../event-stream/frames.ts'
import type { StreamFormat } from '../../event-stream/stream-format.ts'
import { asObject, isObject, type PlainObject } from '../../json/json-document.ts'
import { toStreamError, writeFrame } from '../stream-errors.ts'
import { MESSAGES_STREAM, writeError, writeEvent } from './native-format.ts'
import { toStopReason, toStopSequence } from './stop-reason.ts'
import { createMessageId, toCitation } from './to-message.ts'
import { toUsage } from './usage.ts'

/** Creates the format of a Messages stream from the frames of ConverseStream. It has a state: each stream needs its own. */
export function createConverseFormat(modelId: string): StreamFormat {
  const writer = new MessageWriter(modelId)
  return {
    ...MESSAGES_STREAM,
    encode: (frames) => Buffer.from(frames.map((frame) => writer.encode(frame)).join('')),
    encodeError: (type, message) => Buffer.from(writer.fail(toStreamError(type, message))),
  }
}

type Kind = 'text' | 'tool_use' | 'thinking'

/**
 * Writer of Anthropic's events. Converse starts only tool uses, so a block of another kind starts with its first part. The last
 * two events wait for Converse's metadata, which has the usage.
 */
class MessageWriter {
  readonly #modelId: string
  /** Open block: its index here, its index in Converse, and its kind. */
  #open: { readonly index: number; readonly source: number; readonly kind: Kind } | undefined
  #blocks = 0
  #stopReason = 'end_turn'
  #stopSequence: string | null = null
  /** Pieces in base64 of the redacted thinking in progress. Its block has no deltas, so it is written as a whole. */
  #redacted: string[] = []
  #hasEnded = false

  constructor(modelId: string) {
    this.#modelId = modelId
  }

  encode(frame: Frame): string {
    return this.#hasEnded ? '' : writeFrame(frame, this)
  }

  /** Ends a stream that failed. Nothing follows the last event, also if the connection breaks behind it. */
  fail(error: RestError): string {
    if (this.#hasEnded) return ''
    this.#hasEnded = true
    return writeError(error)
  }

  writeEvent(name: string, event: PlainObject): string {
    const source = Number(event.contentBlockIndex ?? 0)
    switch (name) {
      case 'messageStart':
        return this.#start()
      case 'contentBlockStart':
        return this.#startBlock(source, asObject(event.start))
      case 'contentBlockDelta':
        return this.#continueBlock(source, asObject(event.delta))
      case 'contentBlockStop':
        return this.#stopBlock()
      case 'messageStop':
        this.#stopReason = toStopReason(asText(event.stopReason) || 'end_turn')
        this.#stopSequence = toStopSequence(event)
        return ''
      case 'metadata':
        return this.#end(event)
      default:
        return ''
    }
  }

  #start(): string {
    const usage = { input_tokens: 0, output_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 }
    const message = {
      id: createMessageId(),
      type: 'message',
      role: 'assistant',
      model: this.#modelId,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      // Converse tells the input tokens at the end only.
      usage,
    }
    return writeEvent('message_start', JSON.stringify({ type: 'message_start', message }))
  }

  #startBlock(source: number, { toolUse }: PlainObject): string {
    // Bedrock itself runs the tools of the type server_tool_use.
    if (!isObject(toolUse) || toolUse.type === 'server_tool_use') return ''
    const block = { type: 'tool_use', id: toolUse.toolUseId, name: toolUse.name, input: {} }
    return this.#begin(source, 'tool_use', JSON.stringify(block))
  }

  #continueBlock(source: number, { text, toolUse, reasoningContent, citation }: PlainObject): string {
    if (typeof text === 'string') {
      const delta = `{"type":"text_delta","text":${JSON.stringify(text)}}`
      return this.#add(source, 'text', '{"type":"text","text":""}', delta)
    }
    if (isObject(toolUse)) return this.#addInput(source, asText(toolUse.input))
    if (isObject(reasoningContent)) return this.#addReasoning(source, reasoningContent)
    if (!isObject(citation)) return ''
    const cited = JSON.stringify({ type: 'citations_delta', citation: toCitation(citation) })
    return this.#add(source, 'text', '{"type":"text","text":"","citations":[]}', cited)
  }

  #addInput(source: number, input: string): string {
    if (this.#open?.source !== source || this.#open.kind !== 'tool_use' || input === '') return ''
    return this.#writeDelta(`{"type":"input_json_delta","partial_json":${JSON.stringify(input)}}`)
  }

  #addReasoning(source: number, { text, signature, redactedContent }: PlainObject): string {
    if (typeof redactedContent === 'string') {
      this.#redacted.push(redactedContent)
      return ''
    }
    const thought = typeof text === 'string' && `{"type":"thinking_delta","thinking":${JSON.stringify(text)}}`
    const signed =
      typeof signature === 'string' && `{"type":"signature_delta","signature":${JSON.stringify(signature)}}`
    const start = '{"type":"thinking","thinking":"","signature":""}'
    return [thought, signed].map((delta) => (delta ? this.#add(source, 'thinking', start, delta) : '')).join('')
  }

  /** Adds a part to the open block, or begins a block if that is another. */
  #add(source: number, kind: Kind, block: string, delta: string): string {
    const isOpen = this.#open?.source === source && this.#open.kind === kind
    return `${isOpen ? '' : this.#begin(source, kind, block)}${this.#writeDelta(delta)}`
  }

  #begin(source: number, kind: Kind, block: string): string {
    const stopped = this.#stopBlock()
    this.#open = { index: this.#blocks, source, kind }
    return `${stopped}${this.#writeStart(block)}`
  }

  #writeStart(block: string): string {
    const index = this.#blocks
    this.#blocks += 1
    return writeEvent('content_block_start', `{"type":"content_block_start","index":${index},"content_block":${block}}`)
  }

  #writeDelta(delta: string): string {
    const index = this.#open?.index ?? 0
    return writeEvent('content_block_delta', `{"type":"content_block_delta","index":${index},"delta":${delta}}`)
  }

  #stopBlock(): string {
    const index = this.#open?.index
    this.#open = undefined
    return `${index === undefined ? '' : writeStop(index)}${this.#writeRedacted()}`
  }

  #writeRedacted(): string {
    if (this.#redacted.length === 0) return ''
    const data = Buffer.concat(this.#redacted.map((piece) => Buffer.from(piece, 'base64'))).toString('base64')
    this.#redacted = []
    const index = this.#blocks
    return `${this.#writeStart(JSON.stringify({ type: 'redacted_thinking', data }))}${writeStop(index)}`
  }

  #end(metadata: PlainObject): string {
    this.#hasEnded = true
    const delta = { stop_reason: this.#stopReason, stop_sequence: this.#stopSequence }
    const event = { type: 'message_delta', delta, usage: toUsage(metadata) }
    return [
      this.#stopBlock(),
      writeEvent('message_delta', JSON.stringify(event)),
      writeEvent('message_stop', '{"type":"message_stop"}'),
    ].join('')
  }
}

function writeStop(index: number): string {
  return writeEvent('content_block_stop', `{"type":"content_block_stop","index":${index}}`)
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
