import { deriveId, hashRequest } from '../../deterministic-model/hash-request.ts'
import { claudeMessages } from '../../families/claude-messages/index.ts'
import type { StreamRenderer } from '../../families/family.ts'
import {
  answerConversation,
  type StreamedConversation,
  streamConversation,
} from '../../operations/answer-conversation.ts'
import type { Operation, OperationAnswer, StreamAnswer, StreamEvent, WholeAnswer } from '../../operations/operation.ts'
import { createUsageCounter, type UsageCounter } from '../../operations/stream-usage.ts'
import { readString } from '../../shapes/read-json.ts'
import { renderAnthropicError } from '../anthropic-contract.ts'
import { createEventFormat } from '../event-format.ts'
import { refuseFrameFaults } from '../refuse-frame-faults.ts'
import { type MessagesRequest, readMessagesRequest } from './read-request.ts'

/** `POST /anthropic/v1/messages`, whole or as a stream. */
export const anthropicMessages: Operation<OperationAnswer> = async (call) => {
  const asked = readMessagesRequest(call)
  return asked.streams ? stream(asked) : answer(asked)
}

async function answer({ model, request: parsed, call }: MessagesRequest): Promise<WholeAnswer> {
  const { request, answer } = await answerConversation(parsed, call)
  const id = deriveId(hashRequest(request), 'message')
  return { body: claudeMessages.renderAnswer(answer, { request, model, id }), usage: answer.usage }
}

async function stream({ model, request: parsed, call }: MessagesRequest): Promise<StreamAnswer> {
  const conversation = await streamConversation(parsed, call)
  const { request, directives } = conversation
  refuseFrameFaults(directives)
  const id = deriveId(hashRequest(request), 'message')
  const counter = createUsageCounter()
  return {
    events: renderEvents(conversation, claudeMessages.renderStream({ request, model, id }), counter),
    faults: directives,
    isPaced: directives.rate !== undefined,
    format: createEventFormat({
      renderError: (error) => ({ name: 'error', payload: renderAnthropicError(error) }),
    }),
    usage: counter.usage,
  }
}

/** Yields the events of a native stream, each with its type as the name. */
async function* renderEvents(
  { events }: StreamedConversation,
  render: StreamRenderer,
  counter: UsageCounter,
): AsyncGenerator<StreamEvent> {
  for await (const event of events) {
    counter.count(event)
    for (const payload of render(event)) yield { name: readString(payload.type) ?? '', payload }
  }
}
