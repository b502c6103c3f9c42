import type { RestError } from '../../core/errors.ts'
import type { Frame } from '../../event-stream/frames.ts'
import type { StreamFormat } from '../../event-stream/stream-format.ts'
import { asObject, isObject, type PlainObject } from '../../json/json-document.ts'
import { toOpenAiFailure } from '../openai/errors.ts'
import { SERVER_SENT_EVENTS } from '../openai/sse.ts'
import { toStreamError, writeFrame } from '../stream-errors.ts'
import { type Annotation, toAnnotation } from './annotations.ts'
import { type CompletionForm, createHead } from './completion.ts'
import { toFinishReason } from './finish-reason.ts'
import { toCompletionUsage } from './usage.ts'

const DONE = 'data: [DONE]\n\n'

/** Tool use in progress. */
interface ToolUse {
  /** Dense from 0, not the index of the block. */
  readonly index: number
  hasInput: boolean
}

/** Reasoning block in progress. */
interface Thinking {
  text: string
  signature: string
  /** Pieces in base64. */
  readonly redacted: string[]
}

/** Creates the format of a stream of chat completion chunks. It has a state: each stream needs its own. */
export function createChunkFormat(form: CompletionForm): StreamFormat {
  const chunks = new ChunkWriter(form)
  return {
    ...SERVER_SENT_EVENTS,
    encode: (frames) => Buffer.from(frames.map((frame) => chunks.encode(frame)).join('')),
    encodeError: (type, message) => Buffer.from(chunks.fail(toStreamError(type, message))),
  }
}

/** Writes an error after the first byte. Clients raise it, and nothing follows it. */
export function writeError(error: RestError): string {
  return `data: ${JSON.stringify({ error: toOpenAiFailure(error).error })}\n\n`
}

/**
 * Writer of chunks. Events are parsed and printed again, which costs less than to copy their bytes: they are small, and what
 * clients get of them are strings, which stay the same.
 */
class ChunkWriter {
  readonly #form: CompletionForm
  /** Text of a chunk up to its choices, and after them. */
  readonly #before: string
  readonly #after: string
  readonly #tools = new Map<number, ToolUse>()
  readonly #thinking = new Map<number, Thinking>()
  readonly #citations: PlainObject[] = []
  readonly #annotations: Annotation[] = []
  /** Length of the text so far, and the offset at which each block began. */
  #length = 0
  readonly #starts = new Map<number, number>()
  /** Text beside an answer that is the input of a tool. It counts only if the tool is not used. */
  #heldText = ''
  #hasEnded = false

  constructor(form: CompletionForm) {
    this.#form = form
    const head = JSON.stringify(createHead('chat.completion.chunk', form)).slice(0, -1)
    this.#before = `data: ${head},"choices":[`
    this.#after = `]${form.includesUsage ? ',"usage":null' : ''}}\n\n`
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
    const block = Number(event.contentBlockIndex ?? 0)
    switch (name) {
      case 'messageStart':
        return this.#writeDelta('"role":"assistant","content":"","refusal":null')
      case 'contentBlockStart':
        return this.#startBlock(block, asObject(event.start))
      case 'contentBlockDelta':
        return this.#continueBlock(block, asObject(event.delta))
      case 'contentBlockStop':
        return this.#stopBlock(block)
      case 'messageStop':
        return this.#stop(asText(event.stopReason))
      case 'metadata':
        return this.#end(event)
      default:
        return ''
    }
  }

  #writeDelta(members: string): string {
    return `${this.#before}{"index":0,"delta":{${members}},"logprobs":null,"finish_reason":null}${this.#after}`
  }

  #startBlock(block: number, { toolUse }: PlainObject): string {
    // Bedrock itself runs the tools of the type server_tool_use.
    if (!isObject(toolUse) || toolUse.type === 'server_tool_use') return ''
    const index = this.#tools.size
    this.#tools.set(block, { index, hasInput: false })
    if (this.#form.isFormat) return ''
    const called = { name: toolUse.name, arguments: '' }
    const call = { index, id: toolUse.toolUseId, type: 'function', function: called }
    return this.#writeDelta(`"tool_calls":[${JSON.stringify(call)}]`)
  }

  #continueBlock(block: number, delta: PlainObject): string {
    const { text, toolUse, reasoningContent, citation } = delta
    if (typeof text === 'string') return this.#addText(block, text)
    if (isObject(toolUse)) return this.#addInput(block, asText(toolUse.input))
    if (isObject(reasoningContent)) return this.#addReasoning(block, reasoningContent)
    if (isObject(citation)) this.#addCitation(block, citation)
    return ''
  }

  #addText(block: number, text: string): string {
    if (this.#form.isFormat) {
      this.#heldText += text
      return ''
    }
    if (!this.#starts.has(block)) this.#starts.set(block, this.#length)
    this.#length += text.length
    return this.#writeText(text)
  }

  #writeText(text: string): string {
    return this.#writeDelta(`"content":${JSON.stringify(text)}`)
  }

  #addInput(block: number, input: string): string {
    const tool = this.#tools.get(block)
    if (!tool || input === '') return ''
    tool.hasInput = true
    return this.#writeInput(tool, input)
  }

  #writeInput({ index }: ToolUse, input: string): string {
    if (this.#form.isFormat) return this.#writeText(input)
    return this.#writeDelta(`"tool_calls":[{"index":${index},"function":{"arguments":${JSON.stringify(input)}}}]`)
  }

  #addReasoning(block: number, reasoning: PlainObject): string {
    const thinking = this.#thinking.get(block) ?? { text: '', signature: '', redacted: [] }
    this.#thinking.set(block, thinking)
    const text = asText(reasoning.text)
    thinking.text += text
    thinking.signature += asText(reasoning.signature)
    if (typeof reasoning.redactedContent === 'string') thinking.redacted.push(reasoning.redactedContent)
    return text === '' ? '' : this.#writeDelta(`"reasoning_content":${JSON.stringify(text)}`)
  }

  #addCitation(block: number, citation: PlainObject): void {
    this.#citations.push(citation)
    const annotation = toAnnotation(citation, this.#starts.get(block) ?? this.#length, this.#length)
    if (annotation) this.#annotations.push(annotation)
  }

  #stopBlock(block: number): string {
    const tool = this.#tools.get(block)
    // A tool without an input has no pieces. Clients parse the arguments.
    return tool && !tool.hasInput ? this.#writeInput(tool, '{}') : ''
  }

  /** Ends the answer. What clients need as a whole comes in one chunk before, since they join lists in different ways. */
  #stop(stopReason: string): string {
    const reason = toFinishReason(stopReason, this.#form.isFormat)
    const blocks = [...this.#thinking.values()].map(toThinkingBlock)
    const lists = { thinking_blocks: blocks, annotations: this.#annotations, citations: this.#citations }
    const whole = Object.entries(lists).filter(([, list]) => list.length > 0)
    const last = `{"index":0,"delta":{},"logprobs":null,"finish_reason":"${reason}"}`
    const held = this.#tools.size === 0 && this.#heldText !== '' ? this.#writeText(this.#heldText) : ''
    const before = whole.length > 0 ? this.#writeDelta(JSON.stringify(Object.fromEntries(whole)).slice(1, -1)) : ''
    return `${held}${before}${this.#before}${last}${this.#after}`
  }

  /** Writes the end of the stream, once the usage has come. */
  #end(metadata: PlainObject): string {
    this.#hasEnded = true
    if (!this.#form.includesUsage) return DONE
    const { type } = asObject(metadata.serviceTier)
    const tier = typeof type === 'string' ? `,"service_tier":${JSON.stringify(type)}` : ''
    return `${this.#before}],"usage":${JSON.stringify(toCompletionUsage(metadata))}${tier}}\n\n${DONE}`
  }
}

function toThinkingBlock({ text, signature, redacted }: Thinking): Record<string, string> {
  if (redacted.length > 0) {
    const data = Buffer.concat(redacted.map((piece) => Buffer.from(piece, 'base64'))).toString('base64')
    return { type: 'redacted_thinking', data }
  }
  return { type: 'thinking', thinking: text, ...(signature !== '' && { signature }) }
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
