import { replayAnswer } from '../../conversation/replay-answer.ts'
import { hashRequest } from '../../deterministic-model/hash-request.ts'
import { doorMessages as messages } from '../../messages.ts'
import {
  answerConversation,
  type StreamedConversation,
  streamConversation,
} from '../../operations/answer-conversation.ts'
import type {
  Operation,
  OperationAnswer,
  OperationCall,
  StreamAnswer,
  StreamEvent,
  WholeAnswer,
} from '../../operations/operation.ts'
import { createUsageCounter, type UsageCounter } from '../../operations/stream-usage.ts'
import type { JsonObject } from '../../shapes/json.ts'
import { readObjects, readString } from '../../shapes/read-json.ts'
import { contractError } from '../contract-error.ts'
import { createEventFormat } from '../event-format.ts'
import { refuseFrameFaults } from '../refuse-frame-faults.ts'
import { type ResponsesRequest, readResponsesRequest } from './read-request.ts'
import { createItemContext, renderStart } from './render-response.ts'
import { createResponseWriter, type ResponseWriter } from './response-writer.ts'

/** `POST /openai/v1/responses`, whole or as a stream. */
export const openaiResponses: Operation<OperationAnswer> = async (call) => {
  const asked = readResponsesRequest(call)
  return asked.streams ? stream(asked, call) : answer(asked, call)
}

/** `GET /openai/v1/responses/{responseId}` */
export const getOpenaiResponse: Operation = async ({ labels, query, responses }) => {
  const { response } = responses.get(labels.responseId ?? '')
  if (query.get('stream') === 'true') {
    throw contractError(messages.unserved('stream'), { param: 'stream', code: 'unsupported_parameter' })
  }
  return { body: response }
}

/** `DELETE /openai/v1/responses/{responseId}` */
export const deleteOpenaiResponse: Operation = async ({ labels, responses }) => {
  const id = labels.responseId ?? ''
  responses.delete(id)
  return { body: { id, object: 'response', deleted: true } }
}

/** `POST /openai/v1/responses/{responseId}/cancel`: every response is synchronous, so none can be cancelled. */
export const cancelOpenaiResponse: Operation = async ({ labels, responses }) => {
  responses.get(labels.responseId ?? '')
  throw contractError(messages.notCancellable)
}

async function answer(asked: ResponsesRequest, call: OperationCall): Promise<WholeAnswer> {
  const { request, answer } = await answerConversation(asked.request, call)
  const writer = createWriter(asked, call, hashRequest(request))
  for (const event of replayAnswer(answer)) writer.write(event)
  keep(asked, call, writer.response)
  return { body: writer.response, usage: answer.usage }
}

async function stream(asked: ResponsesRequest, call: OperationCall): Promise<StreamAnswer> {
  const conversation = await streamConversation(asked.request, call)
  const { request, directives } = conversation
  refuseFrameFaults(directives)
  const writer = createWriter(asked, call, hashRequest(request))
  const counter = createUsageCounter()
  return {
    events: renderEvents(conversation, writer, counter, () => keep(asked, call, writer.response)),
    faults: directives,
    isPaced: directives.rate !== undefined,
    format: createEventFormat({
      renderError(error) {
        const event = writer.fail(error)
        if (event.name === 'response.failed') keep(asked, call, writer.response)
        return event
      },
    }),
    usage: counter.usage,
  }
}

async function* renderEvents(
  { events }: StreamedConversation,
  writer: ResponseWriter,
  counter: UsageCounter,
  onEnd: () => void,
): AsyncGenerator<StreamEvent> {
  for await (const event of events) {
    counter.count(event)
    const written = writer.write(event)
    // A client may ask for the response as soon as it has the last event.
    if (event.kind === 'answer-stop') onEnd()
    yield* written
  }
}

function createWriter(asked: ResponsesRequest, { responses }: OperationCall, seed: Buffer): ResponseWriter {
  const start = renderStart(asked, responses.makeId(seed))
  return createResponseWriter(start, createItemContext(asked, seed))
}

function keep({ stores, items }: ResponsesRequest, { responses }: OperationCall, response: JsonObject): void {
  if (!stores) return
  responses.keep(readString(response.id) ?? '', { response, items: [...items, ...readObjects(response.output)] })
}
