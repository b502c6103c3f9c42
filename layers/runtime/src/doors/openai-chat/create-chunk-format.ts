import { RestError } from '../../core/errors.ts'
import { readEventHead } from '../../event-stream/frame-codec.ts'
import type { Frame } from '../../event-stream/frames.ts'
import type { StreamFormat } from '../../event-stream/stream-format.ts'
import { asObject, type JsonValue, parseObject, readJsonIfAny } from '../../json/json-document.ts'
import { toOpenAiFailure } from '../openai/errors.ts'
import { SERVER_SENT_EVENTS } from '../openai/sse.ts'
import { readStreamError, toStreamError } from '../stream-errors.ts'
import { type Annotation, toAnnotation } from './annotations.ts'
import { type CompletionForm, createHead } from './completion.ts'
import { toFinishReason } from './finish-reason.ts'
import { toCompletionUsage } from './usage.ts'

const DONE = Buffer.from('data: [DONE]\n\n')
const LINE_BREAKS = /[\r\n]/g

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
    encode: (frames) => Buffer.concat(frames.flatMap((frame) => chunks.encode(frame))),
    encodeError: (type, message) => encodeError(toStreamError(type, message)),
  }
}

/** Encodes an error after the first byte. Clients raise it, and nothing follows it. */
export function encodeError(error: RestError): Buffer {
  return Buffer.from(`data: ${JSON.stringify({ error: toOpenAiFailure(error).error })}\n\n`)
}

class ChunkWriter {
  readonly #form: CompletionForm
  /** Text of a chunk up to its delta, and after it. */
  readonly #before: string
  readonly #after: string
  readonly #tools = new Map<number, ToolUse>()
  readonly #thinking = new Map<number, Thinking>()
  readonly #citations: string[] = []
  readonly #annotations: Annotation[] = []
  /** Length of the text so far, and the offset at which each block began. */
  #length = 0
  readonly #starts = new Map<number, number>()
  #hasEnded = false

  constructor(form: CompletionForm) {
    this.#form = form
    const head = JSON.stringify(createHead('chat.completion.chunk', form)).slice(0, -1)
    this.#before = `data: ${head},"choices":[`
    this.#after = `]${form.includesUsage ? ',"usage":null' : ''}}\n\n`
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
    const event = readJsonIfAny(payload, 'an event')?.root
    if (!event) throw toStreamError('ModelStreamErrorException', "An event of the model's stream is not JSON.")
    if (name === 'messageStart') return [this.#delta('"role":"assistant","content":"","refusal":null')]
    if (name === 'contentBlockStart') return this.#startBlock(event)
    if (name === 'contentBlockDelta') return this.#continueBlock(event)
    if (name === 'contentBlockStop') return this.#stopBlock(indexOf(event))
    return name === 'messageStop' ? this.#stop(event) : []
  }

  #delta(members: string): Buffer {
    const choice = `{"index":0,"delta":{${members}},"logprobs":null,"finish_reason":null}`
    return Buffer.from(`${this.#before}${choice}${this.#after}`)
  }

  #startBlock(event: JsonValue): Buffer[] {
    const use = event.get('start')?.get('toolUse')
    if (!use || use.get('type')?.text === 'server_tool_use') return []
    const index = this.#tools.size
    this.#tools.set(indexOf(event), { index, hasInput: false })
    if (this.#form.isFormat) return []
    const id = stringOf(use.get('toolUseId'))
    const called = `{"name":${stringOf(use.get('name'))},"arguments":""}`
    return [this.#delta(`"tool_calls":[{"index":${index},"id":${id},"type":"function","function":${called}}]`)]
  }

  #continueBlock(event: JsonValue): Buffer[] {
    const delta = event.get('delta')
    const text = delta?.get('text')
    if (text) return this.#addText(indexOf(event), text)
    const input = delta?.get('toolUse')?.get('input')
    if (input) return this.#addInput(indexOf(event), input)
    const reasoning = delta?.get('reasoningContent')
    if (reasoning) return this.#addReasoning(indexOf(event), reasoning)
    const citation = delta?.get('citation')
    if (citation) this.#addCitation(indexOf(event), citation)
    return []
  }

  #addText(block: number, text: JsonValue): Buffer[] {
    if (!this.#starts.has(block)) this.#starts.set(block, this.#length)
    this.#length += text.text?.length ?? 0
    return [this.#delta(`"content":${stringOf(text)}`)]
  }

  #addInput(block: number, input: JsonValue): Buffer[] {
    const tool = this.#tools.get(block)
    if (!tool || input.text === '') return []
    tool.hasInput = true
    return [this.#inputDelta(tool, stringOf(input))]
  }

  #inputDelta({ index }: ToolUse, json: string): Buffer {
    if (this.#form.isFormat) return this.#delta(`"content":${json}`)
    return this.#delta(`"tool_calls":[{"index":${index},"function":{"arguments":${json}}}]`)
  }

  #addReasoning(block: number, reasoning: JsonValue): Buffer[] {
    const thinking = this.#thinking.get(block) ?? { text: '', signature: '', redacted: [] }
    this.#thinking.set(block, thinking)
    const text = reasoning.get('text')
    thinking.text += text?.text ?? ''
    thinking.signature += reasoning.get('signature')?.text ?? ''
    const redacted = reasoning.get('redactedContent')?.text
    if (redacted) thinking.redacted.push(redacted)
    return text?.text ? [this.#delta(`"reasoning_content":${stringOf(text)}`)] : []
  }

  #addCitation(block: number, citation: JsonValue): void {
    this.#citations.push(citation.bytes.toString().replace(LINE_BREAKS, ' '))
    const annotation = toAnnotation(asObject(citation.parse()), this.#starts.get(block) ?? this.#length, this.#length)
    if (annotation) this.#annotations.push(annotation)
  }

  #stopBlock(block: number): Buffer[] {
    const tool = this.#tools.get(block)
    // A tool without an input has no pieces. Clients parse the arguments.
    return tool && !tool.hasInput ? [this.#inputDelta(tool, '"{}"')] : []
  }

  /** Ends the answer. What clients need as a whole comes in one chunk before, since they join lists in different ways. */
  #stop(event: JsonValue): Buffer[] {
    const reason = toFinishReason(event.get('stopReason')?.text ?? '', this.#form.isFormat)
    const blocks = [...this.#thinking.values()].map(toThinkingBlock)
    const whole = [
      ...(blocks.length > 0 ? [`"thinking_blocks":${JSON.stringify(blocks)}`] : []),
      ...(this.#annotations.length > 0 ? [`"annotations":${JSON.stringify(this.#annotations)}`] : []),
      ...(this.#citations.length > 0 ? [`"citations":[${this.#citations.join(',')}]`] : []),
    ]
    const last = `{"index":0,"delta":{},"logprobs":null,"finish_reason":"${reason}"}`
    return [
      ...(whole.length > 0 ? [this.#delta(whole.join(','))] : []),
      Buffer.from(`${this.#before}${last}${this.#after}`),
    ]
  }

  /** Writes the end of the stream, once the usage has come. */
  #end(payload: Buffer): Buffer[] {
    this.#hasEnded = true
    if (!this.#form.includesUsage) return [DONE]
    const metadata = parseObject(payload)
    const { type } = asObject(metadata.serviceTier)
    const tier = typeof type === 'string' ? `,"service_tier":${JSON.stringify(type)}` : ''
    const usage = JSON.stringify(toCompletionUsage(metadata))
    return [Buffer.from(`${this.#before}],"usage":${usage}${tier}}\n\n`), DONE]
  }
}

function toThinkingBlock({ text, signature, redacted }: Thinking): Record<string, string> {
  if (redacted.length > 0) {
    const data = Buffer.concat(redacted.map((piece) => Buffer.from(piece, 'base64'))).toString('base64')
    return { type: 'redacted_thinking', data }
  }
  return { type: 'thinking', thinking: text, ...(signature !== '' && { signature }) }
}

function indexOf(event: JsonValue): number {
  return Number(event.get('contentBlockIndex')?.bytes.toString() ?? 0)
}

/** JSON text of a string, as it is written. A line break, which JSON does not allow in a string, would end the event. */
function stringOf(value: JsonValue | undefined): string {
  return value?.kind === 'string' ? value.bytes.toString().replace(LINE_BREAKS, ' ') : '""'
}
