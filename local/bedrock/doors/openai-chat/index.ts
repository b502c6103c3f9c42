import type { AnswerEvent } from '../../conversation/types.ts'
import { deriveId, hashRequest } from '../../deterministic-model/hash-request.ts'
import {
  answerConversation,
  type StreamedConversation,
  streamConversation,
} from '../../operations/answer-conversation.ts'
import type { Operation, OperationAnswer, StreamAnswer, StreamEvent, WholeAnswer } from '../../operations/operation.ts'
import { renderGuardrailMembers } from '../../operations/read-invoke-call.ts'
import { createUsageCounter, type UsageCounter } from '../../operations/stream-usage.ts'
import type { JsonObject } from '../../shapes/json.ts'
import { createEventFormat } from '../event-format.ts'
import { renderOpenaiError } from '../openai-contract.ts'
import { refuseFrameFaults } from '../refuse-frame-faults.ts'
import { type ChatRequest, readChatRequest } from './read-request.ts'
import { createChunkRenderer, renderCompletion } from './render.ts'

/** `POST /openai/v1/chat/completions`, whole or as a stream. */
export const openaiChatCompletions: Operation<OperationAnswer> = async (call) => {
  const asked = readChatRequest(call)
  return asked.streams ? stream(asked) : answer(asked)
}

async function answer(asked: ChatRequest): Promise<WholeAnswer> {
  const { model, guarding } = asked
  const { request, answer, trace } = await answerConversation(asked.request, asked.call, guarding)
  const id = deriveId(hashRequest(request), 'message')
  return {
    body: { ...renderCompletion(answer, { request, model, id }, asked), ...renderGuardrailMembers(asked, trace) },
    usage: answer.usage,
  }
}

async function stream(asked: ChatRequest): Promise<StreamAnswer> {
  const { model, guarding } = asked
  const conversation = await streamConversation(asked.request, asked.call, guarding)
  const { request, directives, readTrace } = conversation
  refuseFrameFaults(directives)
  const id = deriveId(hashRequest(request), 'message')
  const counter = createUsageCounter()
  const render = createChunkRenderer({ request, model, id }, asked, () => renderGuardrailMembers(asked, readTrace?.()))
  return {
    events: renderEvents(conversation, render, counter),
    faults: directives,
    isPaced: directives.rate !== undefined,
    format: createEventFormat({
      renderError: (error) => ({ name: '', payload: { error: renderOpenaiError(error) } }),
      last: '[DONE]',
    }),
    usage: counter.usage,
  }
}

async function* renderEvents(
  { events }: StreamedConversation,
  render: (event: AnswerEvent) => readonly JsonObject[],
  counter: UsageCounter,
): AsyncGenerator<StreamEvent> {
  for await (const event of events) {
    counter.count(event)
    for (const payload of render(event)) yield { name: '', payload }
  }
}
