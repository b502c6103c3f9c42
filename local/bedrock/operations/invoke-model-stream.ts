import type { AnswerStop } from '../conversation/types.ts'
import { deriveId, hashRequest } from '../deterministic-model/hash-request.ts'
import type { StreamRenderer } from '../families/family.ts'
import { createFrameFormat } from '../http/frame-format.ts'
import { STREAMING_UNSUPPORTED, validationError } from '../messages.ts'
import type { JsonObject } from '../shapes/json.ts'
import { type StreamedConversation, streamConversation } from './answer-conversation.ts'
import type { Operation, OperationCall, StreamAnswer, StreamEvent } from './operation.ts'
import { prepareConversation } from './prepare-conversation.ts'
import { echoHeaders, readInvokeCall, renderGuardrailMembers } from './read-invoke-call.ts'
import { createUsageCounter, type UsageCounter } from './stream-usage.ts'

export const invokeModelStream: Operation<StreamAnswer> = async (call) => {
  const asked = readInvokeCall(call)
  const { model, family, guarding } = asked
  if (family.kind !== 'chat') throw validationError(STREAMING_UNSUPPORTED)
  const prepared = prepareConversation(family, asked.body, model, call)

  const conversation = await streamConversation(prepared.request, prepared.call, guarding)

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
    format: createFrameFormat(seed),
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
