import type { RestError, RestReply } from '../../core/errors.ts'
import type { Frame } from '../../event-stream/frames.ts'
import type { StreamFormat } from '../../event-stream/stream-format.ts'
import { applyEdits, setMember } from '../../json/edit-json.ts'
import { type JsonDocument, readJsonObject, toBuffer, withoutByteOrderMark } from '../../json/json-document.ts'
import { isClaude } from '../../models/model-rules.ts'
import { METADATA_HEADER } from '../../pipeline/name-caller.ts'
import { mergeReplyHeaders, REPLY_HEADERS } from '../../pipeline/reply-headers.ts'
import { converseOperation } from '../answer-to-frames.ts'
import type { Door, DoorCall, DoorHttpRequest, DoorWay } from '../door.ts'
import { DROPPED_HEADER } from '../openai/request-members.ts'
import { createPassFormat } from '../pass-format.ts'
import {
  BETA_MEMORY,
  type BetaMemory,
  chooseBetas,
  findTakenBetas,
  hasMore,
  learnFromRefusal,
  mergeRefused,
  readBetas,
  removeParts,
  type Unsupported,
} from './betas.ts'
import { createConverseFormat } from './converse-format.ts'
import { invalidMember, toErrorReply } from './errors.ts'
import { nameModel } from './name-model.ts'
import { createNativeFormat, encodeError, MESSAGES_STREAM, writeEvent } from './native-format.ts'
import { readCallerFacts, readRequestMetadata } from './request-metadata.ts'
import { toConverse } from './to-converse.ts'
import { toMessage } from './to-message.ts'
import { chooseVersion, toNative } from './to-native.ts'

/** Anthropic's Messages. */
export const anthropicMessages: Door = createMessagesDoor(BETA_MEMORY)

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
      /** Resolved id of the model that the caller named. A fallback has another one, and its own name in the answer. */
      let resolved: string | undefined
      return {
        modelId: model,
        streams,
        facts: readCallerFacts(root, request.headers),
        needsConverse: () => document.bytes.includes(S3_URL),
        plan(way, { modelId }) {
          resolved ??= modelId
          const name = modelId === resolved ? model : modelId
          return plan(way, document, { request, modelId, name, streams, memory })
        },
      }
    },
    toErrorReply,
  }
}

/** URL of a file in S3, which neither Claude nor Bedrock's own door reads. */
const S3_URL = '"s3://'

interface PlanOptions {
  readonly request: DoorHttpRequest
  readonly modelId: string
  /** Name of the model in the answer. */
  readonly name: string
  readonly streams: boolean
  readonly memory: BetaMemory
}

function plan(way: DoorWay, document: JsonDocument, options: PlanOptions): DoorCall {
  if (way === 'converse') return planConverse(document, options)
  return way === 'native' ? planNative(document, options) : planOwnDoor(document, options)
}

function planConverse({ root }: JsonDocument, { request, modelId, name, streams, memory }: PlanOptions): DoorCall {
  const asked = readBetas(request.headers['anthropic-beta'], root)
  // Other models have no betas.
  const betas = isClaude(modelId)
    ? chooseBetas(asked, findTakenBetas(modelId), memory.find(modelId))
    : { sent: [], left: asked }
  const options = { headers: request.headers, modelId, betas: betas.sent }
  const { body, left, corrected, hasTools, model } = toConverse(root, options)
  return {
    operation: converseOperation(streams, hasTools, model),
    headers: pickHeaders(request.headers, 'x-bedrock-functions-', 'x-model-fallback'),
    body,
    replyHeaders: {
      ...droppedHeader([...left, ...betas.left]),
      ...(corrected !== undefined && { [REPLY_HEADERS.corrected]: corrected }),
    },
    toAnswer: (reply) => toMessage(reply, name),
    createFormat: () => createConverseFormat(name),
  }
}

/**
 * Plans a call of InvokeModel with Claude's native body. If Bedrock refuses a beta or a member, the call is planned again
 * without it.
 */
function planNative(
  document: JsonDocument,
  options: PlanOptions,
  refused: Unsupported = options.memory.find(options.modelId),
): DoorCall {
  const { request, modelId, name, streams } = options
  const asked = readBetas(request.headers['anthropic-beta'], document.root)
  const betas = chooseBetas(asked, findTakenBetas(modelId), refused)
  const metadata = readRequestMetadata(document.root, request.headers)
  return {
    operation: streams ? 'InvokeModelWithResponseStream' : 'InvokeModel',
    headers: {
      ...pickHeaders(request.headers, 'x-amzn-bedrock-', 'x-bedrock-functions-', 'x-model-fallback'),
      ...(Object.keys(metadata).length > 0 && { [METADATA_HEADER]: JSON.stringify(metadata) }),
      'content-type': 'application/json',
    },
    body: toNative(document, chooseVersion(request.headers['anthropic-version'], modelId), betas),
    replyHeaders: droppedHeader([...betas.left, ...betas.members]),
    toAnswer: (reply) => toNamedAnswer(reply, name),
    createFormat: () => createNativeFormat(name),
    replan: (error) => replanWithout(error, betas.sent, { options, refused, planAgain: planNative, document }),
  }
}

/** Plans a call of Bedrock's own door: the caller's bytes with the resolved model, without betas that it does not take. */
function planOwnDoor(
  document: JsonDocument,
  options: PlanOptions,
  refused: Unsupported = options.memory.find(options.modelId),
): DoorCall {
  const { root, bytes } = document
  const { request, modelId, name } = options
  const betas = chooseBetas(readBetas(request.headers['anthropic-beta'], root), findTakenBetas(modelId), refused)
  const { 'anthropic-beta': _, ...headers } = pickHeaders(request.headers, 'anthropic-', 'x-amzn-bedrock-')
  const isSame = root.get('model')?.text === modelId
  return {
    operation: 'AnthropicMessages',
    headers: { ...headers, ...(betas.sent.length > 0 && { 'anthropic-beta': betas.sent.join(',') }) },
    body: withoutByteOrderMark(
      applyEdits(bytes, [
        ...(isSame ? [] : setMember(root, 'model', JSON.stringify(modelId))),
        ...removeParts(root, betas.members),
      ]),
    ),
    replyHeaders: droppedHeader([...betas.left, ...betas.members]),
    toAnswer: (reply) => toNamedAnswer(reply, name),
    createFormat: () => createOwnFormat(name),
    replan: (error) => replanWithout(error, betas.sent, { options, refused, planAgain: planOwnDoor, document }),
  }
}

function toNamedAnswer(reply: RestReply, name: string): RestReply {
  return { ...reply, body: nameModel(toBuffer(reply.body), name) }
}

const MESSAGE_START = Buffer.from('message_start')

/** Creates the format of a stream of Bedrock's own door. Only the name of the model in the first event changes. */
function createOwnFormat(name: string): StreamFormat {
  const format = createPassFormat(MESSAGES_STREAM, encodeError)
  const rename = (frame: Frame): Frame => {
    if (!frame.headers.equals(MESSAGE_START)) return frame
    return { ...frame, bytes: Buffer.from(writeEvent('message_start', nameModel(frame.payload, name).toString())) }
  }
  return { ...format, encode: (frames) => format.encode(frames.map(rename)) }
}

interface Replanning {
  readonly document: JsonDocument
  readonly options: PlanOptions
  /** Parts that the refused call was sent without. */
  readonly refused: Unsupported
  readonly planAgain: (document: JsonDocument, options: PlanOptions, refused: Unsupported) => DoorCall
}

/** Plans a call again without what Bedrock refused, and remembers it for the model. */
function replanWithout(
  error: RestError,
  sent: readonly string[],
  { document, options, refused, planAgain }: Replanning,
): DoorCall | undefined {
  const more = error.statusCode === 400 ? learnFromRefusal(error.message, sent) : undefined
  if (!more || !hasMore(more, refused)) return undefined
  options.memory.add(options.modelId, more)
  return planAgain(document, options, mergeRefused(refused, more))
}

function droppedHeader(left: readonly string[]): Record<string, string> {
  return left.length === 0 ? {} : mergeReplyHeaders({}, { [DROPPED_HEADER]: left.join(', ') })
}

function pickHeaders(
  headers: Readonly<Record<string, string>>,
  ...prefixes: readonly string[]
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => prefixes.some((prefix) => name.startsWith(prefix))),
  )
}
