import { countTextTokens } from '../../conversation/count-tokens.ts'
import type { AnswerEvent, ModelAnswer, TokenUsage } from '../../conversation/types.ts'
import type { RenderContext } from '../../families/family.ts'
import { renderOpenaiAnswer } from '../../families/openai-chat/render-answer.ts'
import { renderOpenaiStream } from '../../families/openai-chat/render-stream.ts'
import type { JsonObject } from '../../shapes/json.ts'
import { readObject, readObjects } from '../../shapes/read-json.ts'
import { isClosedGpt } from '../served-models.ts'

/** What a completion has besides the answer. */
export interface CompletionSettings {
  readonly serviceTier: string
  /** True if the stream ends with its usage. */
  readonly includesUsage: boolean
}

/** Renders `chat.completion` from the native answer, with the members that only the contract has. */
export function renderCompletion(
  answer: ModelAnswer,
  context: RenderContext,
  settings: CompletionSettings,
): JsonObject {
  const { choices, usage: _usage, ...head } = renderOpenaiAnswer(answer, context)
  const reasoning = answer.blocks.flatMap((block) => (block.kind === 'reasoning' ? [block.text] : [])).join('\n')
  return {
    ...head,
    choices: readObjects(choices).map(({ index = 0, message, finish_reason = null }) => ({
      index,
      message: renderMessage(readObject(message) ?? {}, context),
      logprobs: null,
      finish_reason,
    })),
    usage: renderUsage(answer.usage, countTextTokens(reasoning)),
    service_tier: settings.serviceTier,
  }
}

function renderMessage({ role, content, ...rest }: JsonObject, { model }: RenderContext): JsonObject {
  const { reasoning_content, ...others } = rest
  return {
    role: role ?? 'assistant',
    content: content === '' && others.tool_calls !== undefined ? null : (content ?? null),
    refusal: null,
    // Models of OpenAI with closed weights keep their reasoning.
    ...(reasoning_content !== undefined && !isClosedGpt(model) && { reasoning_content }),
    ...others,
  }
}

function renderUsage(usage: TokenUsage, reasoningTokens: number): JsonObject {
  const promptTokens = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens
  return {
    prompt_tokens: promptTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: promptTokens + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cacheReadTokens },
    completion_tokens_details: { reasoning_tokens: reasoningTokens },
  }
}

/** Renders `chat.completion.chunk` objects. `renderLast` makes further members of the chunk with the finish reason. */
export function createChunkRenderer(
  context: RenderContext,
  settings: CompletionSettings,
  renderLast: () => JsonObject,
): (event: AnswerEvent) => readonly JsonObject[] {
  const render = renderOpenaiStream(context)
  const keepsReasoning = isClosedGpt(context.model)
  const shared = { service_tier: settings.serviceTier, ...(settings.includesUsage && { usage: null }) }
  let reasoningTokens = 0
  const complete = ({ usage: _usage, choices, ...head }: JsonObject): JsonObject => ({
    ...head,
    choices: readObjects(choices).map((choice) => ({ ...choice, logprobs: null })),
    ...shared,
  })
  return (event) => {
    if (event.kind === 'block-delta' && event.block.kind === 'reasoning') {
      reasoningTokens += countTextTokens(event.text)
      if (keepsReasoning) return []
    }
    const chunks = render(event).map(complete)
    if (event.kind !== 'answer-stop') return chunks
    const [last = {}] = chunks
    return [
      { ...last, ...renderLast() },
      ...(settings.includesUsage ? [{ ...last, choices: [], usage: renderUsage(event.usage, reasoningTokens) }] : []),
    ]
  }
}
