import { RestError } from '../../core/errors.ts'
import { readEventHead } from '../../event-stream/frame-codec.ts'
import type { Frame } from '../../event-stream/frames.ts'
import type { StreamFormat } from '../../event-stream/stream-format.ts'
import { type JsonValue, parseObject, readJsonIfAny } from '../../json/json-document.ts'
import { readStreamError, toStreamError } from '../stream-errors.ts'
import { encodeError, encodeEvent, MESSAGES_STREAM } from './native-format.ts'
import { toStopReason, toStopSequence } from './stop-reason.ts'
import { createMessageId, toCitation } from './to-message.ts'
import { toUsage } from './usage.ts'

const LINE_BREAKS = /[\r\n]/g

/** Creates the format of a Messages stream from the frames of ConverseStream. It has a state: each stream needs its own. */
export function createConverseFormat(modelId: string): StreamFormat {
  const writer = new MessageWriter(modelId)
  return { ...MESSAGES_STREAM, encode: (frames) => Buffer.concat(frames.flatMap((frame) => writer.encode(frame))) }
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

  encode(frame: Frame): Buffer[] {
    if (this.#hasEnded) return []
    try {
      const head = readEventHead(frame.headers)
      if (head.kind !== 'event') throw readStreamError(head, frame)
      return this.#encodeEvent(head.name, frame.payload)
    } catch (error) {
      if (!(error instanceof RestError)) throw error
      this.#hasEnded = true
      return [encodeError(error)]
    }
  }

  #encodeEvent(name: string, payload: Buffer): Buffer[] {
    if (name === 'metadata') return this.#end(payload)
    if (name === 'messageStart') return [this.#start()]
    const event = readJsonIfAny(payload, 'an event')?.root
    if (!event) throw toStreamError('ModelStreamErrorException', "An event of the model's stream is not JSON.")
    const source = Number(event.get('contentBlockIndex')?.bytes.toString() ?? 0)
    if (name === 'contentBlockStart') return this.#startBlock(source, event.get('start'))
    if (name === 'contentBlockDelta') return this.#continueBlock(source, event.get('delta'))
    if (name === 'contentBlockStop') return this.#stopBlock()
    if (name === 'messageStop') {
      this.#stopReason = toStopReason(event.get('stopReason')?.text ?? 'end_turn')
      this.#stopSequence = toStopSequence(parseObject(payload))
    }
    return []
  }

  #start(): Buffer {
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
    return encodeEvent('message_start', JSON.stringify({ type: 'message_start', message }))
  }

  #startBlock(source: number, start: JsonValue | undefined): Buffer[] {
    const use = start?.get('toolUse')
    if (!use || use.get('type')?.text === 'server_tool_use') return []
    const block = `{"type":"tool_use","id":${stringOf(use.get('toolUseId'))},"name":${stringOf(use.get('name'))},"input":{}}`
    return this.#begin(source, 'tool_use', block)
  }

  #continueBlock(source: number, delta: JsonValue | undefined): Buffer[] {
    const text = delta?.get('text')
    if (text)
      return this.#add(source, 'text', '{"type":"text","text":""}', `{"type":"text_delta","text":${stringOf(text)}}`)
    const input = delta?.get('toolUse')?.get('input')
    if (input) return this.#addInput(source, input)
    const reasoning = delta?.get('reasoningContent')
    if (reasoning) return this.#addReasoning(source, reasoning)
    const citation = delta?.get('citation')
    if (!citation) return []
    const cited = JSON.stringify({ type: 'citations_delta', citation: toCitation(parseObject(citation.bytes)) })
    return this.#add(source, 'text', '{"type":"text","text":"","citations":[]}', cited)
  }

  #addInput(source: number, input: JsonValue): Buffer[] {
    if (this.#open?.source !== source || this.#open.kind !== 'tool_use' || input.text === '') return []
    return [this.#delta(`{"type":"input_json_delta","partial_json":${stringOf(input)}}`)]
  }

  #addReasoning(source: number, reasoning: JsonValue): Buffer[] {
    const redacted = reasoning.get('redactedContent')?.text
    if (redacted !== undefined) {
      this.#redacted.push(redacted)
      return []
    }
    const start = '{"type":"thinking","thinking":"","signature":""}'
    const text = reasoning.get('text')
    const signature = reasoning.get('signature')
    return [
      ...(text ? this.#add(source, 'thinking', start, `{"type":"thinking_delta","thinking":${stringOf(text)}}`) : []),
      ...(signature
        ? this.#add(source, 'thinking', start, `{"type":"signature_delta","signature":${stringOf(signature)}}`)
        : []),
    ]
  }

  /** Adds a part to the open block, or begins a block if that is another. */
  #add(source: number, kind: Kind, block: string, delta: string): Buffer[] {
    const isOpen = this.#open?.source === source && this.#open.kind === kind
    return [...(isOpen ? [] : this.#begin(source, kind, block)), this.#delta(delta)]
  }

  #begin(source: number, kind: Kind, block: string): Buffer[] {
    const stopped = this.#stopBlock()
    const { index, started } = this.#startNext(block)
    this.#open = { index, source, kind }
    return [...stopped, started]
  }

  #startNext(block: string): { readonly index: number; readonly started: Buffer } {
    const index = this.#blocks
    this.#blocks += 1
    const start = `{"type":"content_block_start","index":${index},"content_block":${block}}`
    return { index, started: encodeEvent('content_block_start', start) }
  }

  #delta(delta: string): Buffer {
    const event = `{"type":"content_block_delta","index":${this.#open?.index ?? 0},"delta":${delta}}`
    return encodeEvent('content_block_delta', event)
  }

  #stopBlock(): Buffer[] {
    const index = this.#open?.index
    this.#open = undefined
    return [...(index === undefined ? [] : [encodeStop(index)]), ...this.#writeRedacted()]
  }

  #writeRedacted(): Buffer[] {
    if (this.#redacted.length === 0) return []
    const data = Buffer.concat(this.#redacted.map((piece) => Buffer.from(piece, 'base64'))).toString('base64')
    this.#redacted = []
    const { index, started } = this.#startNext(JSON.stringify({ type: 'redacted_thinking', data }))
    return [started, encodeStop(index)]
  }

  #end(payload: Buffer): Buffer[] {
    this.#hasEnded = true
    const delta = { stop_reason: this.#stopReason, stop_sequence: this.#stopSequence }
    const event = { type: 'message_delta', delta, usage: toUsage(parseObject(payload)) }
    return [
      ...this.#stopBlock(),
      encodeEvent('message_delta', JSON.stringify(event)),
      encodeEvent('message_stop', '{"type":"message_stop"}'),
    ]
  }
}

function encodeStop(index: number): Buffer {
  return encodeEvent('content_block_stop', `{"type":"content_block_stop","index":${index}}`)
}

/** JSON text of a string, as it is written. A line break, which JSON does not allow in a string, would end the event. */
function stringOf(value: JsonValue | undefined): string {
  return value?.kind === 'string' ? value.bytes.toString().replace(LINE_BREAKS, ' ') : '""'
}
