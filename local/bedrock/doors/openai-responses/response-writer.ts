import type { BedrockError } from '@bedrock-functions/runtime/core'
import type { AnswerEvent, AnswerStop, StartedBlock } from '../../conversation/types.ts'
import type { StreamEvent } from '../../operations/operation.ts'
import type { JsonObject } from '../../shapes/json.ts'
import { renderOpenaiError } from '../openai-contract.ts'
import {
  type ItemContext,
  type ItemStatus,
  isItem,
  nameItem,
  readCustomInput,
  renderEnd,
  renderItem,
  renderText,
} from './render-response.ts'

/** Writes a response from the events of an answer: the events of its stream, and the whole of it. */
export interface ResponseWriter {
  /** Writes the events of the stream for one event of the answer. */
  write(event: AnswerEvent): readonly StreamEvent[]
  /** Writes the last event of a stream that failed. */
  fail(error: BedrockError): StreamEvent
  /** The response so far. */
  readonly response: JsonObject
}

/** Errors of the model itself: the response is there, and has failed. Assumed. */
const MODEL_FAILURES: readonly string[] = [
  'InternalServerException',
  'ModelErrorException',
  'ModelStreamErrorException',
  'ModelTimeoutException',
]

/** An item whose pieces have come, before it is known whether `max_output_tokens` has cut it. */
interface OpenItem {
  readonly block: StartedBlock
  readonly index: number
  text: string
}

export function createResponseWriter(start: JsonObject, context: ItemContext): ResponseWriter {
  const output: JsonObject[] = []
  let response = start
  let sequence = 0
  let open: OpenItem | undefined
  let reasoning = ''

  const event = (type: string, members: JsonObject): StreamEvent => {
    const payload = { type, sequence_number: sequence, ...members }
    sequence += 1
    return { name: type, payload }
  }

  const begin = (block: StartedBlock): StreamEvent[] => {
    open = { block, index: output.length, text: '' }
    const place = { item_id: nameItem(block, context), output_index: open.index }
    const added = event('response.output_item.added', {
      output_index: open.index,
      item: renderItem(block, '', 'in_progress', context),
    })
    if (block.kind === 'text') {
      return [added, event('response.content_part.added', { ...place, content_index: 0, part: renderText('') })]
    }
    if (block.kind === 'reasoning' && context.summarizes) {
      const part = { type: 'summary_text', text: '' }
      return [added, event('response.reasoning_summary_part.added', { ...place, summary_index: 0, part })]
    }
    return [added]
  }

  const add = (item: OpenItem, delta: string): StreamEvent[] => {
    const place = { item_id: nameItem(item.block, context), output_index: item.index }
    item.text += delta
    switch (item.block.kind) {
      case 'text':
        return [event('response.output_text.delta', { ...place, content_index: 0, delta, logprobs: [] })]
      case 'reasoning':
        reasoning += delta
        return context.summarizes
          ? [event('response.reasoning_summary_text.delta', { ...place, summary_index: 0, delta })]
          : []
      case 'toolUse':
        // The input of a custom tool is inside the JSON of the model, which is whole only at the end.
        return context.customTools.includes(item.block.name)
          ? []
          : [event('response.function_call_arguments.delta', { ...place, delta })]
      default:
        return []
    }
  }

  const finish = (status: ItemStatus): StreamEvent[] => {
    if (!open) return []
    const { block, index, text: pieces } = open
    open = undefined
    // A tool without input has no pieces.
    const text = block.kind === 'toolUse' && pieces === '' ? '{}' : pieces
    const item = renderItem(block, text, status, context)
    output.push(item)
    const place = { item_id: nameItem(block, context), output_index: index }
    return [...writeDone(block, text, place), event('response.output_item.done', { output_index: index, item })]
  }

  const writeDone = (block: StartedBlock, text: string, place: JsonObject): StreamEvent[] => {
    switch (block.kind) {
      case 'text': {
        const content = { ...place, content_index: 0 }
        return [
          event('response.output_text.done', { ...content, logprobs: [], text }),
          event('response.content_part.done', { ...content, part: renderText(text) }),
        ]
      }
      case 'reasoning': {
        if (!context.summarizes) return []
        const summary = { ...place, summary_index: 0 }
        return [
          event('response.reasoning_summary_text.done', { ...summary, text }),
          event('response.reasoning_summary_part.done', { ...summary, part: { type: 'summary_text', text } }),
        ]
      }
      case 'toolUse': {
        if (!context.customTools.includes(block.name)) {
          return [event('response.function_call_arguments.done', { ...place, arguments: text, name: block.name })]
        }
        const input = readCustomInput(text)
        return [
          event('response.custom_tool_call_input.delta', { ...place, delta: input }),
          event('response.custom_tool_call_input.done', { ...place, input }),
        ]
      }
      default:
        return []
    }
  }

  const end = (stop: AnswerStop): StreamEvent[] => {
    const events = finish(stop.stopReason === 'max_tokens' ? 'incomplete' : 'completed')
    response = renderEnd(start, output, stop, reasoning)
    return [...events, event(`response.${response.status}`, { response })]
  }

  return {
    write(answered) {
      switch (answered.kind) {
        case 'answer-start':
          return [event('response.created', { response }), event('response.in_progress', { response })]
        case 'block-start':
          return isItem(answered.block) ? [...finish('completed'), ...begin(answered.block)] : []
        case 'block-delta':
          return open && isItem(answered.block) ? add(open, answered.text) : []
        case 'block-stop':
          return []
        case 'answer-stop':
          return end(answered)
      }
    },
    fail(error) {
      const { message = '', code = null, param = null } = renderOpenaiError(error)
      if (!MODEL_FAILURES.includes(error.name)) return event('error', { code, message, param })
      response = { ...start, status: 'failed', error: { code: 'server_error', message }, output }
      return event('response.failed', { response })
    },
    get response() {
      return response
    },
  }
}
