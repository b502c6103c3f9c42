import type { RestError } from '../../core/errors.ts'
import type { Frame } from '../../event-stream/frames.ts'
import type { StreamFormat } from '../../event-stream/stream-format.ts'
import { asObject, isObject, type PlainObject } from '../../json/json-document.ts'
import { toOpenAiFailure } from '../openai/errors.ts'
import { nowInSeconds } from '../openai/ids.ts'
import { SERVER_SENT_EVENTS } from '../openai/sse.ts'
import { toAnnotation } from '../openai-chat/annotations.ts'
import { toFinishReason } from '../openai-chat/finish-reason.ts'
import { toStreamError, writeFrame } from '../stream-errors.ts'
import type { ToolKind } from './convert-tools.ts'
import { toItemId } from './ids.ts'
import { CALL_PREFIXES, readCustomInput, toCallItem, writeReasoningBlock } from './output-items.ts'
import type { FinishedResponse, OutputItem, ResponseForm } from './response-form.ts'
import { toResponseUsage } from './usage.ts'

/** Format of a stream of response events. */
export interface ResponseFormat extends StreamFormat {
  /** Response of the stream, once it has ended; undefined before, and if the stream broke before its first event. */
  readonly finished: FinishedResponse | undefined
  /**
   * Returns the last event, if the form holds it back: the client must see it only once the response is stored.
   *
   * @param failure failure of the store, which makes the response fail
   */
  release(failure?: RestError): Buffer
}

/** Creates the format of a stream of response events. It has a state: each stream needs its own. */
export function createEventFormat(form: ResponseForm): ResponseFormat {
  const events = new ResponseWriter(form)
  return {
    ...SERVER_SENT_EVENTS,
    encode: (frames) => Buffer.from(frames.map((frame) => events.encode(frame)).join('')),
    encodeError: (type, message) => Buffer.from(events.fail(toStreamError(type, message))),
    get finished() {
      return events.finished
    },
    release: (failure) => Buffer.from(events.release(failure)),
  }
}

/** Message in progress: consecutive text blocks are one message with one part. */
interface Message {
  readonly kind: 'message'
  readonly index: number
  readonly id: string
  /** JSON text of the members that say where a part is: most events are deltas of one message. */
  readonly at: string
  text: string
  readonly annotations: object[]
  readonly citations: PlainObject[]
  /** Blocks of the message that have not ended, with the offsets at which they began. */
  readonly open: Map<number, number>
}

interface CallInProgress {
  readonly kind: 'call'
  readonly index: number
  readonly id: string
  readonly callId: string
  readonly tool: ToolKind
  input: string
}

interface ReasoningInProgress {
  readonly kind: 'reasoning'
  readonly index: number
  readonly id: string
  text: string
  signature: string
  readonly redacted: string[]
}

type InProgress = Message | CallInProgress | ReasoningInProgress

/** Types of the events whose items have their input as a text that grows. */
const INPUT_EVENTS = {
  function: ['response.function_call_arguments', 'arguments'],
  custom: ['response.custom_tool_call_input', 'input'],
} as const

/** Errors of a response by the code of OpenAI's error. Others are a `server_error`. */
const ERROR_CODES: Readonly<Record<string, string>> = {
  insufficient_quota: 'rate_limit_exceeded',
  rate_limit_exceeded: 'rate_limit_exceeded',
}

/** Writer of the events of one response, from the events of ConverseStream. */
class ResponseWriter {
  readonly #form: ResponseForm
  #sequence = 0
  #hasBegun = false
  #isOver = false
  #items = 0
  /** Items in progress by the index of their block. */
  readonly #blocks = new Map<number, InProgress>()
  /** Item that came last: a text block continues it if it is a message in progress. */
  #last: InProgress | undefined
  readonly #output: OutputItem[] = []
  /** Text beside an answer that is the input of a tool. It counts only if the tool is not used. */
  #heldText = ''
  #isFormatted = false
  #stopReason: string | undefined
  #finished: FinishedResponse | undefined
  #held = ''

  constructor(form: ResponseForm) {
    this.#form = form
  }

  get finished(): FinishedResponse | undefined {
    return this.#finished
  }

  encode(frame: Frame): string {
    return this.#isOver ? '' : writeFrame(frame, this)
  }

  /** Writes the last event of a stream that failed: `error` if the response has not begun. */
  fail(failure: RestError): string {
    if (this.#isOver) return ''
    const { error } = toOpenAiFailure(failure)
    if (!this.#hasBegun) {
      this.#isOver = true
      const { message, param, code } = error
      return this.#write(
        'error',
        `"code":${JSON.stringify(code ?? error.type)},"message":${JSON.stringify(message)},"param":${JSON.stringify(param)}`,
      )
    }
    const code = ERROR_CODES[error.code ?? ''] ?? (failure.statusCode === 400 ? 'invalid_prompt' : 'server_error')
    return this.#end('failed', { error: { code, message: error.message } })
  }

  release(failure?: RestError): string {
    const held = this.#held
    this.#held = ''
    if (!failure || held === '') return held
    this.#isOver = false
    this.#sequence -= 1
    return this.fail(failure)
  }

  #begin(): string {
    if (this.#hasBegun) return ''
    this.#hasBegun = true
    const response = `"response":${this.#writeResponse('in_progress', [], {})}`
    return this.#write('response.created', response) + this.#write('response.in_progress', response)
  }

  #write(type: string, members: string): string {
    const sequence = this.#sequence
    this.#sequence += 1
    return `event: ${type}\ndata: {"type":"${type}","sequence_number":${sequence},${members}}\n\n`
  }

  #writeObject(type: string, members: object): string {
    return this.#write(type, JSON.stringify(members).slice(1, -1))
  }

  writeEvent(name: string, event: PlainObject): string {
    return this.#begin() + this.#writeAfterBegin(name, event)
  }

  #writeAfterBegin(name: string, event: PlainObject): string {
    const block = Number(event.contentBlockIndex ?? 0)
    switch (name) {
      case 'contentBlockStart':
        return this.#startBlock(block, asObject(event.start))
      case 'contentBlockDelta':
        return this.#continueBlock(block, asObject(event.delta))
      case 'contentBlockStop':
        return this.#stopBlock(block)
      case 'messageStop':
        return this.#stop(asText(event.stopReason))
      case 'metadata':
        return this.#complete(event)
      default:
        return ''
    }
  }

  #startBlock(block: number, { toolUse }: PlainObject): string {
    // Bedrock itself runs the tools of the type server_tool_use.
    if (!isObject(toolUse) || toolUse.type === 'server_tool_use') return ''
    if (this.#form.isFormat) {
      this.#isFormatted = true
      return ''
    }
    const name = asText(toolUse.name)
    const tool = this.#form.kinds.get(name) ?? { type: 'function', name }
    const { index, id, events } = this.#addItem(CALL_PREFIXES[tool.type])
    const call: CallInProgress = { kind: 'call', index, id, callId: asText(toolUse.toolUseId), tool, input: '' }
    this.#open(block, call)
    return events + this.#writeItem('added', index, this.#toCall(call, 'in_progress'))
  }

  /** Numbers a new item. A message in front of it ends, unless one of its blocks goes on. */
  #addItem(prefix: string): { index: number; id: string; events: string } {
    const events = this.#last?.kind === 'message' && this.#last.open.size === 0 ? this.#endMessage(this.#last) : ''
    const index = this.#items
    this.#items += 1
    return { index, id: toItemId(prefix, this.#form.id, index), events }
  }

  #open(block: number, item: InProgress): void {
    this.#blocks.set(block, item)
    this.#last = item
  }

  #writeItem(state: 'added' | 'done', index: number, item: object): string {
    return this.#writeObject(`response.output_item.${state}`, { output_index: index, item })
  }

  #toCall({ id, callId, tool, input }: CallInProgress, status: 'in_progress' | 'completed' | 'incomplete'): OutputItem {
    return toCallItem({ id, callId, kind: tool, input, status })
  }

  #continueBlock(block: number, delta: PlainObject): string {
    const { text, toolUse, reasoningContent, citation } = delta
    if (typeof text === 'string') return this.#addText(block, text)
    if (isObject(toolUse)) return this.#addInput(block, asText(toolUse.input))
    if (isObject(reasoningContent)) return this.#addReasoning(block, reasoningContent)
    if (isObject(citation)) return this.#addCitation(block, citation)
    return ''
  }

  #addText(block: number, text: string): string {
    if (this.#form.isFormat) {
      this.#heldText += text
      return ''
    }
    return text === '' ? '' : this.#writeText(block, text)
  }

  #writeText(block: number, text: string): string {
    const [message, events] = this.#messageOf(block)
    message.text += text
    const delta = `${message.at},"delta":${JSON.stringify(text)},"logprobs":[]`
    return events + this.#write('response.output_text.delta', delta)
  }

  /** Finds the message of a block, or begins one. */
  #messageOf(block: number): [message: Message, events: string] {
    const known = this.#blocks.get(block)
    if (known?.kind === 'message') return [known, '']
    if (this.#last?.kind === 'message') {
      this.#last.open.set(block, this.#last.text.length)
      this.#blocks.set(block, this.#last)
      return [this.#last, '']
    }
    const { index, id, events } = this.#addItem('msg')
    const open = new Map([[block, 0]])
    const at = writePlace(id, index)
    const message: Message = { kind: 'message', index, id, at, text: '', annotations: [], citations: [], open }
    this.#open(block, message)
    const added = this.#writeItem('added', index, toMessageItem(message, 'in_progress', []))
    const part = this.#writeObject('response.content_part.added', { ...placeOf(message), part: toTextPart(message) })
    return [message, events + added + part]
  }

  #addInput(block: number, input: string): string {
    const call = this.#blocks.get(block)
    if (this.#form.isFormat) return input === '' || !this.#isFormatted ? '' : this.#writeText(block, input)
    if (call?.kind !== 'call' || input === '') return ''
    call.input += input
    // Only the arguments of a function are the pieces that come from the model.
    return call.tool.type === 'function' ? this.#writeInput(call, 'delta', input) : ''
  }

  #writeInput({ index, id, tool }: CallInProgress, state: 'delta' | 'done', input: string): string {
    if (tool.type !== 'function' && tool.type !== 'custom') return ''
    const [type, member] = INPUT_EVENTS[tool.type]
    const name = tool.type === 'function' && state === 'done' ? { name: tool.name } : {}
    const value = { [state === 'delta' ? 'delta' : member]: input }
    return this.#writeObject(`${type}.${state}`, { item_id: id, output_index: index, ...value, ...name })
  }

  #addReasoning(block: number, reasoning: PlainObject): string {
    const [item, events] = this.#reasoningOf(block)
    const text = asText(reasoning.text)
    const begun = item.text === '' && text !== '' ? this.#writeReasoningPart(item, 'added') : ''
    item.text += text
    item.signature += asText(reasoning.signature)
    if (typeof reasoning.redactedContent === 'string') item.redacted.push(reasoning.redactedContent)
    return events + begun + (text === '' ? '' : this.#writeReasoningText(item, 'delta', text))
  }

  #reasoningOf(block: number): [item: ReasoningInProgress, events: string] {
    const known = this.#blocks.get(block)
    if (known?.kind === 'reasoning') return [known, '']
    const { index, id, events } = this.#addItem('rs')
    const item: ReasoningInProgress = { kind: 'reasoning', index, id, text: '', signature: '', redacted: [] }
    this.#open(block, item)
    return [item, events + this.#writeItem('added', index, { type: 'reasoning', id, summary: [] })]
  }

  #writeReasoningPart(item: ReasoningInProgress, state: 'added' | 'done'): string {
    const { isSummary } = this.#form
    const type = isSummary ? 'response.reasoning_summary_part' : 'response.content_part'
    const part = { type: isSummary ? 'summary_text' : 'reasoning_text', text: item.text }
    return this.#writeObject(`${type}.${state}`, { ...this.#placeOfReasoning(item), part })
  }

  #writeReasoningText(item: ReasoningInProgress, state: 'delta' | 'done', text: string): string {
    const type = this.#form.isSummary ? 'response.reasoning_summary_text' : 'response.reasoning_text'
    const value = { [state === 'delta' ? 'delta' : 'text']: text }
    return this.#writeObject(`${type}.${state}`, { ...this.#placeOfReasoning(item), ...value })
  }

  #placeOfReasoning({ id, index }: ReasoningInProgress): object {
    return { item_id: id, output_index: index, [this.#form.isSummary ? 'summary_index' : 'content_index']: 0 }
  }

  #addCitation(block: number, citation: PlainObject): string {
    if (this.#form.isFormat) return ''
    const [message, events] = this.#messageOf(block)
    message.citations.push(citation)
    const found = toAnnotation(citation, message.open.get(block) ?? message.text.length, message.text.length)
    if (!found) return events
    const annotation = { type: found.type, ...found.url_citation }
    const at = { ...placeOf(message), annotation_index: message.annotations.length, annotation }
    message.annotations.push(annotation)
    return events + this.#writeObject('response.output_text.annotation.added', at)
  }

  #stopBlock(block: number): string {
    const item = this.#blocks.get(block)
    if (!item) return ''
    this.#blocks.delete(block)
    if (item.kind === 'call') return this.#endCall(item, 'completed')
    if (item.kind === 'reasoning') return this.#endReasoning(item)
    item.open.delete(block)
    // The next block may continue it, unless another item came.
    return item.open.size === 0 && this.#last !== item ? this.#endMessage(item) : ''
  }

  #endItem(index: number, item: OutputItem, shown: OutputItem = item): string {
    this.#output[index] = item
    return this.#writeItem('done', index, shown)
  }

  #endMessage(message: Message, status: 'completed' | 'incomplete' = 'completed'): string {
    if (this.#last === message) this.#last = undefined
    const part = toTextPart(message)
    return (
      this.#writeObject('response.output_text.done', { ...placeOf(message), text: message.text, logprobs: [] }) +
      this.#writeObject('response.content_part.done', { ...placeOf(message), part }) +
      this.#endItem(message.index, toMessageItem(message, status, [part]))
    )
  }

  #endCall(call: CallInProgress, status: 'completed' | 'incomplete'): string {
    // A tool without an input has no pieces. Clients parse the arguments.
    const missing = call.input === '' && status === 'completed' ? '{}' : ''
    call.input += missing
    const { type } = call.tool
    const shown = type === 'custom' ? readCustomInput(call.input) : call.input
    const late = type === 'function' ? missing : shown
    return (
      (late === '' ? '' : this.#writeInput(call, 'delta', late)) +
      this.#writeInput(call, 'done', shown) +
      this.#endItem(call.index, this.#toCall(call, status))
    )
  }

  #endReasoning(item: ReasoningInProgress): string {
    const { id, text } = item
    const { isSummary, sealer, family, includesSealed } = this.#form
    const block = writeReasoningBlock(item)
    const sealed = block !== undefined && family !== undefined ? sealer?.seal({ family, block }) : undefined
    const shown: OutputItem = {
      type: 'reasoning',
      id,
      summary: isSummary && text !== '' ? [{ type: 'summary_text', text }] : [],
      ...(!isSummary && text !== '' && { content: [{ type: 'reasoning_text', text }] }),
    }
    const whole = sealed === undefined ? shown : { ...shown, encrypted_content: sealed }
    const texts =
      text === '' ? '' : this.#writeReasoningText(item, 'done', text) + this.#writeReasoningPart(item, 'done')
    return texts + this.#endItem(item.index, whole, includesSealed ? whole : shown)
  }

  /** Ends the items at the end of the answer. Those whose block has no end were cut off. */
  #stop(stopReason: string): string {
    const reason = toFinishReason(stopReason, this.#form.isFormat)
    this.#stopReason = reason
    const status = reason === 'length' || reason === 'content_filter' ? 'incomplete' : 'completed'
    const held = this.#heldText !== '' && !this.#isFormatted ? this.#writeText(0, this.#heldText) : ''
    return held + this.#endAll(status)
  }

  #endAll(status: 'completed' | 'incomplete'): string {
    const items = new Set([...this.#blocks.values(), ...(this.#last?.kind === 'message' ? [this.#last] : [])])
    this.#blocks.clear()
    return [...items]
      .map((item) => {
        if (item.kind === 'message') return this.#endMessage(item, status)
        return item.kind === 'call' ? this.#endCall(item, status) : this.#endReasoning(item)
      })
      .join('')
  }

  /** Writes the last event of the stream, once the usage has come. */
  #complete(metadata: PlainObject): string {
    if (this.#stopReason === undefined) {
      throw toStreamError('ModelStreamErrorException', "The model's stream has no event messageStop.")
    }
    const { type } = asObject(metadata.serviceTier)
    const guardrail = asObject(metadata.trace).guardrail
    const facts = {
      usage: toResponseUsage(metadata),
      ...(typeof type === 'string' && { service_tier: type }),
      ...(guardrail !== undefined && { 'amazon-bedrock-trace': { guardrail } }),
    }
    if (this.#stopReason === 'length') {
      return this.#end('incomplete', { incomplete_details: { reason: 'max_output_tokens' }, ...facts })
    }
    if (this.#stopReason === 'content_filter') {
      return this.#end('incomplete', { incomplete_details: { reason: 'content_filter' }, ...facts })
    }
    return this.#end('completed', { completed_at: nowInSeconds(), ...facts })
  }

  #end(status: FinishedResponse['status'], members: object): string {
    const whole = this.#output.filter((item) => item !== undefined)
    const shown = this.#form.includesSealed
      ? whole
      : whole.map(({ encrypted_content: _, ...item }) => item as OutputItem)
    const body = this.#writeResponse(status, shown, members)
    const stored = shown === whole ? body : this.#writeResponse(status, whole, members)
    this.#isOver = true
    this.#finished = { id: this.#form.id, body, stored, status }
    const event = this.#write(`response.${status}`, `"response":${body}`)
    if (!this.#form.holdsEnd || status === 'failed') return event
    this.#held = event
    return ''
  }

  #writeResponse(status: string, output: readonly OutputItem[], members: object): string {
    return writeResponse(this.#form, status, output, members)
  }
}

/** Writes a response. `members` are those that differ from their defaults. */
export function writeResponse(
  { id, createdAt, modelId, settings }: ResponseForm,
  status: string,
  output: readonly OutputItem[] = [],
  members: object = {},
): string {
  const head = JSON.stringify({ id, object: 'response', created_at: createdAt, status, model: modelId, output })
  const others = { error: null, incomplete_details: null, usage: null, ...members }
  return `${head.slice(0, -1)},${settings},${JSON.stringify(others).slice(1)}`
}

/** Writes the place of the one part of a message. */
function writePlace(id: string, index: number): string {
  return `"item_id":"${id}","output_index":${index},"content_index":0`
}

function placeOf({ id, index }: Message): object {
  return { item_id: id, output_index: index, content_index: 0 }
}

function toTextPart({ text, annotations, citations }: Message): object {
  const cited = citations.length > 0 ? { citations } : {}
  return { type: 'output_text', text, annotations, logprobs: [], ...cited }
}

function toMessageItem({ id }: Message, status: string, content: readonly object[]): OutputItem {
  return { type: 'message', id, status, role: 'assistant', content }
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
