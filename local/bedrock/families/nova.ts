import type { AnswerEvent, InferenceParameters, ModelAnswer } from '../conversation/types.ts'
import { readConversation, readOutputSchema } from '../converse/parse-converse-request.ts'
import { renderConverseAnswer } from '../converse/render-converse-answer.ts'
import { type ConverseEvent, renderConverseEvents } from '../converse/render-converse-stream.ts'
import { conversation, outputConfig } from '../converse/shapes.ts'
import { checkCachePoints } from '../features/check-cache-points.ts'
import { featureMessages as messages, nativeWording, validationError } from '../messages.ts'
import type { AnswerTraits } from '../models/answer-traits.ts'
import { readCachePoints } from '../prompt-cache/cache-points.ts'
import { describeForModel } from '../shapes/describe-violation.ts'
import type { JsonObject } from '../shapes/json.ts'
import { omitUndefined, readNumber, readObject, readStrings } from '../shapes/read-json.ts'
import { requireShape } from '../shapes/require-shape.ts'
import { document, integer, list, number, oneOf, structure } from '../shapes/shape.ts'
import { readThinking } from '../thinking/read-thinking.ts'
import type { ChatFamily } from './family.ts'

/** Amazon Nova's `messages-v1` schema. Converse has the same form; only parameters and usage differ. */
const novaRequest = structure(
  {
    ...conversation,
    schemaVersion: oneOf('messages-v1'),
    inferenceConfig: structure({
      maxTokens: integer(1),
      max_new_tokens: integer(1),
      temperature: number(0, 1),
      topP: number(0, 1),
      top_p: number(0, 1),
      topK: integer(0),
      top_k: integer(0),
      stopSequences: list({ type: 'string', minimum: 1 }),
    }),
    outputConfig,
    // Checked with the model, which may not reason.
    reasoningConfig: document,
  },
  ['messages'],
)

export const nova: ChatFamily = {
  kind: 'chat',
  parseRequest(body) {
    requireShape(body, novaRequest, describeForModel)
    return {
      request: { ...readConversation(body), parameters: readParameters(body) },
      rules: {
        wording: nativeWording,
        toolsDeclared: body.toolConfig !== undefined,
        isConverse: false,
      },
    }
  },
  checkFeatures(body, { turns }, model) {
    checkCachePoints(body, model, nativeWording)
    const { refusesImages, refusesVideo, refusesDocuments } = model.traits
    const kinds = new Map<string, boolean>([
      ['image', refusesImages],
      ['video', refusesVideo],
      ['document', refusesDocuments],
    ])
    for (const { blocks, path } of turns) {
      for (const [index, { kind }] of blocks.entries()) {
        if (kinds.get(kind)) throw validationError(messages.extraneousKey([...path, 'content', index], kind))
      }
    }
  },
  readCachePoints,
  renderAnswer(answer, { model }) {
    return { ...renderConverseAnswer(replaceStopReason(answer), model.answerTraits), usage: renderUsage(answer) }
  },
  renderStream:
    ({ model }) =>
    (event) =>
      renderNovaEvents(event, model.answerTraits),
}

function readParameters(body: JsonObject): InferenceParameters {
  const config = readObject(body.inferenceConfig) ?? {}
  return {
    ...omitUndefined({
      maxTokens: readNumber(config.maxTokens ?? config.max_new_tokens),
      temperature: readNumber(config.temperature),
      topP: readNumber(config.topP ?? config.top_p),
      topK: readNumber(config.topK ?? config.top_k),
      outputSchema: readOutputSchema(body),
    }),
    stopSequences: readStrings(config.stopSequences),
    reasoning: readObject(body.reasoningConfig)?.type === 'enabled',
    ...readThinking(body.reasoningConfig),
  }
}

/** Renders ConverseStream's events, each in a member of its name. */
function renderNovaEvents(event: AnswerEvent, traits: AnswerTraits): JsonObject[] {
  if (event.kind !== 'answer-stop') return renderConverseEvents(event, traits).map(wrap)
  const metadata = { usage: renderUsage(event), metrics: {}, trace: {} }
  return [...renderConverseEvents(replaceStopReason(event), traits).map(wrap), { metadata }]
}

function wrap({ name, payload }: ConverseEvent): JsonObject {
  return { [name]: payload }
}

/** Replaces the stop reason of a guardrail intervention, which Nova shows in a member of the body. */
function replaceStopReason<Answer extends Pick<ModelAnswer, 'stopReason'>>(answer: Answer): Answer {
  return answer.stopReason === 'guardrail_intervened' ? { ...answer, stopReason: 'end_turn' } : answer
}

function renderUsage({ usage }: Pick<ModelAnswer, 'usage'>): JsonObject {
  return {
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    totalTokens: usage.inputTokens + usage.outputTokens,
    cacheReadInputTokenCount: usage.cacheReadTokens,
    cacheWriteInputTokenCount: usage.cacheWriteTokens,
  }
}
