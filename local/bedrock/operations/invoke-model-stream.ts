import type { AnswerStop } from '../conversation/types.ts'
import { deriveId, hashRequest } from '../deterministic-model/hash-request.ts'
import type { StreamRenderer } from '../families/family.ts'
import { readNativeRequest } from '../families/read-native-request.ts'
import { findOverflow } from '../features/find-overflow.ts'
import { STREAMING_UNSUPPORTED, validationError } from '../messages.ts'
import { withPromptCache } from '../prompt-cache/cached-model.ts'
import type { JsonObject } from '../shapes/json.ts'
import { withThinking } from '../thinking/with-thinking.ts'
import { type StreamedConversation, streamConversation } from './answer-conversation.ts'
import type { Operation, OperationCall, StreamAnswer, StreamEvent } from './operation.ts'
import { echoHeaders, readInvokeCall, renderGuardrailMembers } from './read-invoke-call.ts'
import { createUsageCounter, type UsageCounter } from './stream-usage.ts'

export const invokeModelStream: Operation<StreamAnswer> = async (call) => {
  const asked = readInvokeCall(call)
  const { model, family, guarding } = asked
  if (family.kind !== 'chat') throw validationError(STREAMING_UNSUPPORTED)
  const { request: parsed, rules } = readNativeRequest(family, asked.body, model)
  const overflow = findOverflow(parsed, model, rules.wording)
  if (overflow !== undefined) throw validationError(overflow)
  const caching = withPromptCache(call, model, family.readCachePoints?.(asked.body) ?? [])
  const thinking = withThinking(caching, model)

  const conversation = await streamConversation(parsed, thinking, guarding)

  const { request, directives, readTrace } = conversation
  const seed = hashRequest(request)
  const counter = createUsageCounter()
  const renderer = family.renderStream({ request, model, id: deriveId(seed, 'message') })
  const renderLast = () => renderGuardrailMembers(asked, readTrace?.())
  return {
    headers: { 'x-amzn-bedrock-content-type': 'application/json', ...echoHeaders(call) },
    events: renderChunks(conversation, renderer, renderLast, call, counter),
    faults: directives,
    isPaced: directives.rate !== undefined,
    seed,
    usage: counter.usage,
  }
}

/** Yields the family's events. The last one also has the metrics of the call and the guardrail's action. */
async function* renderChunks(
  { events }: StreamedConversation,
  render: StreamRenderer,
  renderLast: () => JsonObject,
  call: OperationCall,
  counter: UsageCounter,
): AsyncGenerator<StreamEvent> {
  let firstByteLatency: number | undefined
  for await (const event of events) {
    counter.count(event)
    firstByteLatency ??= call.elapsed()
    const chunks = render(event)
    if (event.kind === 'answer-stop') {
      const metrics = renderMetrics(event, call.elapsed(), firstByteLatency)
      for (const chunk of chunks.slice(0, -1)) yield wrap(chunk)
      yield wrap({ ...chunks.at(-1), ...renderLast(), 'amazon-bedrock-invocationMetrics': metrics })
    } else {
      for (const chunk of chunks) yield wrap(chunk)
    }
  }
}

function wrap(chunk: JsonObject): StreamEvent {
  return { name: 'chunk', payload: { bytes: Buffer.from(JSON.stringify(chunk)).toString('base64') } }
}

function renderMetrics({ usage }: AnswerStop, invocationLatency: number, firstByteLatency: number): JsonObject {
  return {
    inputTokenCount: usage.inputTokens,
    outputTokenCount: usage.outputTokens,
    invocationLatency,
    firstByteLatency,
    cacheReadInputTokenCount: usage.cacheReadTokens,
    cacheWriteInputTokenCount: usage.cacheWriteTokens,
  }
}
