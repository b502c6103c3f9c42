import type { RestError, RestReply } from '../../core/errors.ts'
import { BEDROCK_REQUEST_ID_HEADER } from '../../core/model-call.ts'
import { applyEdits, removeMembers, setMember } from '../../json/edit-json.ts'
import { type JsonDocument, readJsonObject } from '../../json/json-document.ts'
import { METADATA_HEADER } from '../../pipeline/name-caller.ts'
import { mergeReplyHeaders } from '../../pipeline/reply-headers.ts'
import { converseOperation } from '../answer-to-frames.ts'
import type { Door, DoorCall, DoorHttpRequest, DoorWay } from '../door.ts'
import { DROPPED_HEADER } from '../openai/request-members.ts'
import { createPassFormat } from '../pass-format.ts'
import {
  type BetaMemory,
  type ChosenBetas,
  chooseBetas,
  createBetaMemory,
  learnFromRefusal,
  readBetas,
  removeBetaMembers,
} from './betas.ts'
import { createConverseFormat } from './converse-format.ts'
import { invalidMember, toErrorReply } from './errors.ts'
import { createNativeFormat, encodeError, MESSAGES_STREAM } from './native-format.ts'
import { readCallerFacts } from './request-metadata.ts'
import { toConverse } from './to-converse.ts'
import { toMessage } from './to-message.ts'
import { toNative } from './to-native.ts'

/** Anthropic's Messages. */
export const anthropicMessages: Door = createMessagesDoor(createBetaMemory())

/** @param memory what Bedrock has refused before, by model */
export function createMessagesDoor(memory: BetaMemory): Door {
  return {
    operation: 'AnthropicMessages',
    read(request) {
      const document = readJsonObject(request.body)
      const { root } = document
      const model = root.get('model')?.text
      if (!model) throw invalidMember('model', 'Field required')
      const stream = root.get('stream')
      if (stream && stream.kind !== 'true' && stream.kind !== 'false') {
        throw invalidMember('stream', 'Input should be a valid boolean')
      }
      const streams = stream?.kind === 'true'
      return {
        modelId: model,
        streams,
        facts: readCallerFacts(root, request.headers),
        plan: (way, { modelId }) => plan(way, document, { request, modelId, streams, memory }),
      }
    },
    toErrorReply,
  }
}

interface PlanOptions {
  readonly request: DoorHttpRequest
  readonly modelId: string
  readonly streams: boolean
  readonly memory: BetaMemory
}

function plan(way: DoorWay, document: JsonDocument, options: PlanOptions): DoorCall {
  if (way === 'converse') return planConverse(document, options)
  return way === 'native' ? planNative(document, options) : planOwnDoor(document, options)
}

function planConverse({ root }: JsonDocument, { request, modelId, streams }: PlanOptions): DoorCall {
  const { body, left, hasTools, model } = toConverse(root, request.headers, modelId)
  return {
    operation: converseOperation(streams, hasTools, model),
    headers: pickHeaders(request.headers, 'x-bedrock-functions-', 'x-model-fallback'),
    body,
    replyHeaders: droppedHeader([...left, ...readBetas(request.headers['anthropic-beta'])]),
    toAnswer: (reply) => withRequestId(toMessage(reply, modelId)),
    createFormat: () => createConverseFormat(modelId),
  }
}

/** Plans a call of InvokeModel with Claude's native body. If Bedrock refuses a beta or a member, the call is planned again. */
function planNative(document: JsonDocument, options: PlanOptions): DoorCall {
  const { request, modelId, streams, memory } = options
  const betas = chooseBetas(readBetas(request.headers['anthropic-beta']), modelId, memory.find(modelId))
  const metadata = readCallerFacts(document.root, request.headers)
  return {
    operation: streams ? 'InvokeModelWithResponseStream' : 'InvokeModel',
    headers: {
      ...pickHeaders(request.headers, 'x-amzn-bedrock-', 'x-bedrock-functions-', 'x-model-fallback'),
      ...(Object.keys(metadata).length > 0 && { [METADATA_HEADER]: JSON.stringify(metadata) }),
      'content-type': 'application/json',
    },
    body: toNative(document, request.headers['anthropic-version'], betas),
    replyHeaders: droppedHeader([...betas.left, ...betas.members]),
    toAnswer: withRequestId,
    createFormat: createNativeFormat,
    replan: (error) => (learn(error, betas, options) ? planNative(document, options) : undefined),
  }
}

/** Plans a call of Bedrock's own door: the caller's bytes with the resolved model, without betas that it does not take. */
function planOwnDoor(document: JsonDocument, options: PlanOptions): DoorCall {
  const { root, bytes } = document
  const { request, modelId, memory } = options
  const betas = chooseBetas(readBetas(request.headers['anthropic-beta']), modelId, memory.find(modelId))
  const { 'anthropic-beta': _, ...headers } = pickHeaders(request.headers, 'anthropic-', 'x-amzn-bedrock-')
  const left = removeBetaMembers(root, betas.members)
  const edits = [
    ...removeMembers(root, left.names),
    ...left.edits,
    ...(root.get('model')?.text === modelId ? [] : setMember(root, 'model', JSON.stringify(modelId))),
  ]
  return {
    operation: 'AnthropicMessages',
    headers: { ...headers, ...(betas.sent.length > 0 && { 'anthropic-beta': betas.sent.join(',') }) },
    body: applyEdits(bytes, edits),
    replyHeaders: droppedHeader([...betas.left, ...betas.members]),
    toAnswer: withRequestId,
    createFormat: () => createPassFormat(MESSAGES_STREAM, encodeError),
    replan: (error) => (learn(error, betas, options) ? planOwnDoor(document, options) : undefined),
  }
}

/** Remembers what Bedrock refused. Returns false for an error about something else, and for what was known already. */
function learn(error: RestError, { sent }: ChosenBetas, { modelId, memory }: PlanOptions): boolean {
  const refused = error.statusCode === 400 ? learnFromRefusal(error.message, sent) : undefined
  return refused !== undefined && memory.add(modelId, refused)
}

function droppedHeader(left: readonly string[]): Record<string, string> {
  return left.length === 0 ? {} : mergeReplyHeaders({}, { [DROPPED_HEADER]: left.join(', ') })
}

/** Adds the header `request-id`, which Anthropic's SDKs show. */
function withRequestId(reply: RestReply): RestReply {
  const requestId = reply.headers[BEDROCK_REQUEST_ID_HEADER]
  return requestId === undefined ? reply : { ...reply, headers: { ...reply.headers, 'request-id': requestId } }
}

function pickHeaders(
  headers: Readonly<Record<string, string>>,
  ...prefixes: readonly string[]
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => prefixes.some((prefix) => name.startsWith(prefix))),
  )
}
