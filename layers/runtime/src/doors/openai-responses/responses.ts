import type { RestError, RestReply } from '../../core/errors.ts'
import type { StreamFormat } from '../../event-stream/stream-format.ts'
import { type JsonDocument, type JsonValue, readJsonIfAny, readJsonObject } from '../../json/json-document.ts'
import { mergeReplyHeaders } from '../../pipeline/reply-headers.ts'
import { converseOperation, toFrames } from '../answer-to-frames.ts'
import type { Door, DoorCall, DoorHttpRequest, DoorRequest, DoorWay } from '../door.ts'
import { invalidRequest, toErrorReply, toOpenAiFailure } from '../openai/errors.ts'
import { nowInSeconds } from '../openai/ids.ts'
import { pickHeaders, planOwnDoor, readFlag, readModel } from '../openai/read-request.ts'
import { DROPPED_HEADER } from '../openai/request-members.ts'
import { SERVER_SENT_EVENTS } from '../openai/sse.ts'
import { STRUCTURED_OUTPUT_HEADER } from '../openai-chat/convert-format.ts'
import { toFinishReason } from '../openai-chat/finish-reason.ts'
import { createPassFormat } from '../pass-format.ts'
import { createEventFormat, type ResponseFormat, writeResponse } from './create-event-format.ts'
import { createResponseId, isResponseId, mayBeResponseId, responseIdOf } from './ids.ts'
import { readReferences, type StoredReferences, writeInput } from './read-input.ts'
import type { FinishedResponse, ResponseForm } from './response-form.ts'
import type { Sealer } from './seal-reasoning.ts'
import { toConverse, writeSettings } from './to-converse.ts'

export interface ResponsesOptions {
  /** Seals reasoning; absent: reasoning with a signature cannot come back. */
  readonly sealer?: Sealer
  /** True if responses can be stored. */
  readonly hasStore?: boolean
}

/** What a store has found for a request. */
export interface StoredContext {
  /** Input and output of the previous response. */
  readonly history: readonly JsonValue[]
  /** Items by their ids. */
  readonly references: ReadonlyMap<string, JsonValue>
}

/** OpenAI's Responses API. */
export interface ResponsesDoor extends Door {
  /** @param stored what a store has found of what the request refers to */
  read(request: DoorHttpRequest, stored?: StoredContext): ResponsesRequest
}

export interface ResponsesRequest extends DoorRequest {
  /** Ids that a store must find before the call is planned. */
  readonly references: StoredReferences
  /** True if the response is to be stored. */
  readonly stores: boolean
  /** True if the response is made by a job, and the client asks for it later. */
  readonly isBackground: boolean
  /** @param response response that was begun before, which a job answers */
  plan(way: DoorWay, model: { readonly modelId: string }, response?: BegunResponse): ResponsesCall
}

/** Response whose id the client has. */
export interface BegunResponse {
  readonly id: string
  /** Seconds since 1970. */
  readonly createdAt: number
}

export interface ResponsesCall extends DoorCall {
  readonly response: BegunResponse

  /** Response of the call, once `toAnswer` or the format have written it; undefined: Bedrock's own door has it. */
  readonly finished: FinishedResponse | undefined
  /** JSON text of the whole input, for the store. */
  writeInput(): Buffer
  /** Writes the response without an output: `queued`, `cancelled` or `failed`. */
  writeStatus(status: string, error?: { readonly code: string; readonly message: string }): string
  /** Returns the last event of a stream, which waits until the response is stored. */
  release(failure?: RestError): Buffer
}

const OPERATION = 'OpenAIResponses'
const NO_BYTES = Buffer.alloc(0)
const NOTHING: StoredContext = { history: [], references: new Map() }

export function createResponses({ sealer, hasStore = false }: ResponsesOptions = {}): ResponsesDoor {
  return {
    operation: OPERATION,
    read(request, stored) {
      const document = readJsonObject(request.body)
      const { root } = document
      const references = readReferences(root)
      const { previousResponseId } = references
      const streams = readFlag(root, 'stream', 'stream')
      const stores = hasStore && (root.get('store') === undefined || readFlag(root, 'store', 'store'))
      const isBackground = readFlag(root, 'background', 'background')
      if (isBackground && (streams || !stores)) throw notInBackground(streams)
      return {
        modelId: readModel(root),
        streams,
        references,
        needsConverse: () => isBackground || needsConverse(document, references),
        stores,
        isBackground,
        plan(way, { modelId }, response) {
          if (way === 'bedrock') return planBedrock(document, request, modelId)
          if (previousResponseId !== undefined && !stored) throw notFound(previousResponseId)
          const options = { request, modelId, streams, stores, sealer, stored: stored ?? NOTHING }
          return planConverse(document, options, response)
        },
      }
    },
    toErrorReply,
  }
}

/** Members that are not OpenAI's. Bedrock's own door does not know them. */
const OWN_MEMBERS = ['additional_model_request_fields', 'amazon-bedrock-guardrailConfig', 'citations', 'cache_control']

/** Tests whether only this stack serves a request: it refers to its stored responses, names a file in S3 or has its members. */
function needsConverse(document: JsonDocument, { previousResponseId, itemIds }: StoredReferences): boolean {
  if (previousResponseId !== undefined && isResponseId(previousResponseId)) return true
  if (itemIds.some((id) => responseIdOf(id) !== undefined)) return true
  return document.bytes.includes('"s3://') || document.mayHaveMember(...OWN_MEMBERS)
}

function notInBackground(streams: boolean): Error {
  const why = streams ? 'not for a stream' : 'only for a response that is stored'
  return invalidRequest('background', `background is ${why}.`, 'unsupported_value')
}

/** Creates the error for a previous response that is not there, in OpenAI's wording. */
export function notFound(previousResponseId: string): Error {
  return invalidRequest(
    'previous_response_id',
    `Previous response with id '${previousResponseId}' not found.`,
    'previous_response_not_found',
  )
}

interface PlanOptions {
  readonly request: DoorHttpRequest
  readonly modelId: string
  readonly streams: boolean
  readonly stores: boolean
  readonly sealer: Sealer | undefined
  readonly stored: StoredContext
}

function planConverse(
  { root }: JsonDocument,
  options: PlanOptions,
  response: BegunResponse = { id: createResponseId(), createdAt: nowInSeconds() },
): ResponsesCall {
  const { request, modelId, streams, stores, sealer, stored } = options
  const { body, formatWay, left, hasTools, model, kinds } = toConverse(root, request.headers, modelId, {
    ...stored,
    sealer,
  })
  const reasoning = root.get('reasoning')
  const form: ResponseForm = {
    ...response,
    modelId,
    family: model.family,
    settings: writeSettings(root, stores),
    kinds,
    isFormat: formatWay === 'tool',
    isSummary: Boolean(reasoning?.get('summary') ?? reasoning?.get('generate_summary')),
    sealer,
    includesSealed: (root.get('include')?.items ?? []).some(({ text }) => text === 'reasoning.encrypted_content'),
    holdsEnd: streams && stores,
  }
  let format: ResponseFormat | undefined
  const createFormat = (): ResponseFormat => {
    format = createEventFormat(form)
    return format
  }
  return {
    operation: converseOperation(streams, hasTools, model),
    headers: pickHeaders(request.headers, 'x-bedrock-functions-', 'x-model-fallback'),
    body,
    replyHeaders: mergeReplyHeaders(
      {},
      {
        ...(left.size > 0 && { [DROPPED_HEADER]: [...left].join(', ') }),
        ...(formatWay !== undefined && { [STRUCTURED_OUTPUT_HEADER]: formatWay }),
      },
    ),
    toAnswer: (reply) => toAnswer(reply, createFormat()),
    createFormat,
    get finished() {
      return format?.finished
    },
    response,
    writeInput: () => writeInput(root, form.id, stored.history, stored.references),
    writeStatus: (status, error) => writeResponse(form, status, [], error && { error }),
    release: (failure) => format?.release(failure) ?? NO_BYTES,
  }
}

/**
 * Translates an answer of Converse into a response. It is the response at the end of the stream that the answer would be.
 *
 * @throws BedrockError ModelErrorException for a malformed answer
 */
function toAnswer(reply: RestReply, format: ResponseFormat): RestReply {
  const { root } = readJsonObject(reply.body, "the model's answer")
  toFinishReason(root.get('stopReason')?.text ?? '', false)
  format.encode(toFrames(reply))
  return {
    ...reply,
    headers: { ...reply.headers, 'content-type': 'application/json' },
    body: Buffer.from(format.finished?.body ?? ''),
  }
}

/** Plans a call of Bedrock's own door. Its response is kept, too, since only the store knows whose it is. */
function planBedrock(document: JsonDocument, request: DoorHttpRequest, modelId: string): ResponsesCall {
  let finished: FinishedResponse | undefined
  const keep = (response: JsonValue | undefined): void => {
    const id = response?.get('id')?.text
    if (!response || id === undefined || !mayBeResponseId(id)) return
    const body = response.bytes.toString()
    const isComplete = response.get('status')?.text === 'completed'
    finished = { id, body, stored: body, status: isComplete ? 'completed' : 'incomplete' }
  }
  const createFormat = (): StreamFormat => createBedrockFormat(keep)
  const call = planOwnDoor(document, { operation: OPERATION, request, modelId, createFormat })
  return {
    ...call,
    toAnswer(reply) {
      keep(readJsonIfAny(reply.body)?.root)
      return call.toAnswer(reply)
    },
    get finished() {
      return finished
    },
    response: { id: '', createdAt: 0 },
    writeInput: () => writeInput(document.root, finished?.id ?? '', [], new Map()),
    writeStatus: () => '',
    release: () => NO_BYTES,
  }
}

/** Events with the whole response. */
const ENDS = new Set(['response.completed', 'response.incomplete'])

/** Creates the format of a stream of Bedrock's own door. An error of ours gets the number that is next. */
function createBedrockFormat(keep: (response: JsonValue | undefined) => void): StreamFormat {
  let events = 0
  const format = createPassFormat(SERVER_SENT_EVENTS, (failure) => {
    const { message, param, code, type } = toOpenAiFailure(failure).error
    const event = { type: 'error', sequence_number: events, code: code ?? type, message, param }
    return Buffer.from(`event: error\ndata: ${JSON.stringify(event)}\n\n`)
  })
  return {
    ...format,
    encode(frames) {
      events += frames.length
      const last = frames.find(({ headers }) => ENDS.has(headers.toString()))
      if (last) keep(readJsonIfAny(last.payload)?.root.get('response'))
      return format.encode(frames)
    },
  }
}
