import type { AnswerEvent, AnswerStop, StartedBlock } from '../../conversation/types.ts'
import type { JsonObject } from '../../shapes/json.ts'
import { nameModel, type RenderContext, type StreamRenderer } from '../family.ts'
import { createSeparator } from '../text-stream.ts'
import { CREATED, FINISH_REASONS, REASONS_IN_TEXT, renderUsage } from './render-answer.ts'

/** Renders OpenAI's `chat.completion.chunk` objects; the last one has the finish reason and the usage. */
export function renderOpenaiStream(context: RenderContext): StreamRenderer {
  const renderDeltas = createDeltaRenderer(context)
  const head = {
    id: `chatcmpl-${context.id}`,
    object: 'chat.completion.chunk',
    created: CREATED,
    model: context.model.baseId ?? nameModel(context.model),
  }
  return (event) =>
    event.kind === 'answer-stop'
      ? [
          {
            ...head,
            choices: [{ index: 0, delta: {}, finish_reason: renderFinish(event) }],
            usage: renderUsage(event.usage),
          },
        ]
      : renderDeltas(event).map((delta) => ({ ...head, choices: [{ index: 0, delta, finish_reason: null }] }))
}

/** Renders the stream of Mistral's older chat models: `message` instead of `delta`, with `stop_reason` in each choice. */
export function renderMistralStream(context: RenderContext): StreamRenderer {
  const renderDeltas = createDeltaRenderer(context)
  const wrap = (delta: JsonObject, stop: string | null): JsonObject => ({
    choices: [{ index: 0, message: { role: 'assistant', content: '', ...delta }, stop_reason: stop }],
  })
  return (event) =>
    event.kind === 'answer-stop'
      ? [wrap({}, renderFinish(event))]
      : renderDeltas(event).map((delta) => wrap(delta, null))
}

function renderFinish({ stopReason }: AnswerStop): string {
  return FINISH_REASONS[stopReason]
}

/** Renders the message's change for each event. Tool calls have their own numbers, independent of other blocks. */
function createDeltaRenderer({ model }: RenderContext): StreamRenderer {
  const reasonsInText = REASONS_IN_TEXT.test(model.baseId ?? '')
  const separate = createSeparator()
  let calls = 0
  let hasInput = false

  const renderStart = (block: StartedBlock): readonly JsonObject[] => {
    switch (block.kind) {
      case 'text':
        return separate().map((content) => ({ content }))
      case 'reasoning':
        return reasonsInText ? [{ content: '<reasoning>' }] : []
      case 'toolUse':
        calls += 1
        hasInput = false
        return [renderCall({ id: `call_${block.id}`, type: 'function', function: { name: block.name, arguments: '' } })]
      case 'redacted':
      case 'toolResult':
        return []
    }
  }
  const renderPiece = ({ kind }: StartedBlock, text: string): JsonObject => {
    if (kind === 'toolUse') {
      hasInput = true
      return renderCall({ function: { arguments: text } })
    }
    return kind === 'reasoning' && !reasonsInText ? { reasoning_content: text } : { content: text }
  }
  const renderStop = (block: StartedBlock): readonly JsonObject[] => {
    if (block.kind === 'reasoning' && reasonsInText) return [{ content: '</reasoning>' }]
    return block.kind === 'toolUse' && !hasInput ? [renderPiece(block, '{}')] : []
  }
  const renderCall = (call: JsonObject): JsonObject => ({ tool_calls: [{ index: calls - 1, ...call }] })

  return (event: AnswerEvent) => {
    switch (event.kind) {
      case 'answer-start':
        return [{ role: 'assistant', content: '' }]
      case 'block-start':
        return renderStart(event.block)
      case 'block-delta':
        return [renderPiece(event.block, event.text)]
      case 'block-stop':
        return renderStop(event.block)
      case 'answer-stop':
        return []
    }
  }
}
