import { readLastUserText } from '../conversation/read-text.ts'
import type { AnswerBlock, AnswerEvent, AnswerEvents, ConversationRequest } from '../conversation/types.ts'
import type { Model } from '../models/resolve-model.ts'
import type { OperationCall } from '../operations/operation.ts'
import { seal } from './seal.ts'

/** Text in a prompt that makes Claude redact its thinking, for tests. Source: Anthropic's documentation of thinking. */
const REDACTION_TRIGGER =
  'ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_46C9A13E193C177646C7398A98432ECCCE4C1253D5E2D82641AC0E52CC2876CB'

/** Form of the thinking in an answer. */
type ThinkingForm = 'full' | 'omitted' | 'redacted'

/** Returns the call with a model that signs its reasoning as Claude does, and omits its text or redacts it. */
export function withThinking(call: OperationCall, { baseId, traits }: Model): OperationCall {
  if (baseId !== undefined && !traits.thinking) return call
  const behind = call.model
  const chooseForm = (request: ConversationRequest): ThinkingForm => {
    if (readLastUserText(request).includes(REDACTION_TRIGGER)) return 'redacted'
    const display = request.parameters.thinking?.display ?? (traits.thinking?.omitsText ? 'omitted' : 'summarized')
    return display === 'omitted' ? 'omitted' : 'full'
  }
  return {
    ...call,
    model: {
      async answer(request, directives, signal) {
        const answer = await behind.answer(request, directives, signal)
        const form = chooseForm(request)
        return { ...answer, blocks: answer.blocks.map((block) => shapeBlock(block, form)) }
      },
      async stream(request, directives, signal) {
        const events = await behind.stream(request, directives, signal)
        return shapeEvents(events, chooseForm(request), directives.signatures ?? 1)
      },
    },
  }
}

function shapeBlock(block: AnswerBlock, form: ThinkingForm): AnswerBlock {
  if (block.kind !== 'reasoning') return block
  const sealed = seal(block.text)
  if (form === 'redacted') return { kind: 'redacted', data: sealed }
  return { ...block, ...(form === 'omitted' && { text: '' }), signature: sealed }
}

async function* shapeEvents(events: AnswerEvents, form: ThinkingForm, pieces: number): AsyncGenerator<AnswerEvent> {
  let text = ''
  for await (const event of events) {
    if (!('block' in event) || event.block.kind !== 'reasoning') {
      yield event
      continue
    }
    if (event.kind === 'block-start') text = ''
    if (event.kind === 'block-delta') text += event.text
    if (event.kind === 'block-stop') yield* endThinking(event.block.index, split(seal(text), pieces), form)
    else if (form === 'full' || (form === 'omitted' && event.kind === 'block-start')) yield event
  }
}

function* endThinking(index: number, sealed: readonly string[], form: ThinkingForm): Generator<AnswerEvent> {
  if (form !== 'redacted') {
    yield { kind: 'block-stop', block: { kind: 'reasoning', index }, signature: sealed }
    return
  }
  const block = { kind: 'redacted', index, data: sealed.join('') } as const
  yield { kind: 'block-start', block }
  yield { kind: 'block-stop', block }
}

/** Splits a text into so many pieces of one length; the last may be shorter. */
function split(text: string, pieces: number): string[] {
  const length = Math.ceil(text.length / pieces)
  return Array.from({ length: Math.ceil(text.length / length) }, (_, index) =>
    text.slice(index * length, (index + 1) * length),
  )
}
