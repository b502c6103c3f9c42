import { createAnswerCollector } from '../conversation/collect-answer.ts'
import type { AnswerStop } from '../conversation/types.ts'
import { renderUsage } from '../converse/render-converse-answer.ts'
import { renderConverseEvents, renderMessageStop } from '../converse/render-converse-stream.ts'
import { hashRequest } from '../deterministic-model/hash-request.ts'
import { createFrameFormat } from '../http/frame-format.ts'
import { validationError } from '../messages.ts'
import { withPromptCache } from '../prompt-cache/cached-model.ts'
import type { JsonObject } from '../shapes/json.ts'
import { shapeReasoning } from '../thinking/shape-reasoning.ts'
import { type StreamedConversation, streamConversation } from './answer-conversation.ts'
import type { Operation, OperationCall, StreamAnswer, StreamEvent } from './operation.ts'
import {
  type ConverseCall,
  pickFields,
  readConverseCall,
  renderCallMembers,
  renderProject,
} from './read-converse-call.ts'
import { createUsageCounter, type UsageCounter } from './stream-usage.ts'

export const converseStream: Operation<StreamAnswer> = async (call) => {
  const asked = readConverseCall(call, { isStreamed: true })
  if (asked.overflow !== undefined) return refuseInStream(asked, asked.overflow)

  const conversation = await streamConversation(
    asked.request,
    shapeReasoning(withPromptCache(call, asked.model, asked.cachePoints), asked.model),
    asked.guarding,
  )

  const counter = createUsageCounter()
  return {
    headers: renderProject(asked),
    events: renderEvents(asked, conversation, call, counter),
    faults: conversation.directives,
    isPaced: conversation.directives.rate !== undefined,
    format: createFrameFormat(hashRequest(conversation.request)),
    usage: counter.usage,
  }
}

/** Answers with a stream whose only event is a validationException, as Nova and Llama refuse a prompt that is too long. */
function refuseInStream(asked: ConverseCall, message: string): StreamAnswer {
  return {
    headers: renderProject(asked),
    // biome-ignore lint/correctness/useYield: the stream ends before its first event.
    events: (async function* (): AsyncGenerator<StreamEvent> {
      throw validationError(message)
    })(),
    faults: {},
    isPaced: false,
    format: createFrameFormat(hashRequest(asked.request)),
    usage: createUsageCounter().usage,
  }
}

async function* renderEvents(
  asked: ConverseCall,
  { request, events, readTrace }: StreamedConversation,
  call: OperationCall,
  counter: UsageCounter,
): AsyncGenerator<StreamEvent> {
  // Keep the answer only for pointers, which may point anywhere.
  const collector = asked.pointers.length > 0 ? createAnswerCollector() : undefined
  for await (const event of events) {
    counter.count(event)
    collector?.add(event)
    if (event.kind === 'answer-stop') {
      yield renderMessageStop(event.stopReason, collector && pickFields(asked, request, collector.finish(event), event))
      yield { name: 'metadata', payload: renderMetadata(event, call, renderCallMembers(asked, readTrace?.())) }
    } else {
      for (const rendered of renderConverseEvents(event, asked.model.answerTraits)) yield rendered
    }
  }
}

function renderMetadata({ usage }: AnswerStop, call: OperationCall, members: JsonObject): JsonObject {
  // Claude's streams have cache counters only for cache points. Observed: recordings of Bedrock.
  return { metrics: { latencyMs: call.elapsed() }, ...members, usage: renderUsage(usage, false) }
}
