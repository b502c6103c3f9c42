import { type JsonDocument, type JsonValue, readJsonObject } from '../../json/json-document.ts'
import { isClosedGpt } from '../../models/model-rules.ts'
import { mergeReplyHeaders } from '../../pipeline/reply-headers.ts'
import { converseOperation } from '../answer-to-frames.ts'
import type { Door, DoorCall, DoorHttpRequest, DoorWay } from '../door.ts'
import { toErrorReply } from '../openai/errors.ts'
import { pickHeaders, planOwnDoor, readFlag, readModel } from '../openai/read-request.ts'
import { checkMembers, DROPPED_HEADER } from '../openai/request-members.ts'
import { SERVER_SENT_EVENTS } from '../openai/sse.ts'
import { createPassFormat } from '../pass-format.ts'
import type { CompletionForm } from './completion.ts'
import { STRUCTURED_OUTPUT_HEADER } from './convert-format.ts'
import { createChunkFormat, writeError } from './create-chunk-format.ts'
import { INNER_MEMBERS } from './members.ts'
import { toCompletion } from './to-completion.ts'
import { toConverse } from './to-converse.ts'

/** OpenAI's chat completions. */
export const chatCompletions: Door = {
  operation: 'OpenAIChatCompletions',
  read(request) {
    const document = readJsonObject(request.body)
    const { root } = document
    const streams = readFlag(root, 'stream', 'stream')
    return {
      modelId: readModel(root),
      streams,
      needsConverse: (modelId) => needsConverse(document, modelId),
      plan: (way, { modelId }) => plan(way, document, { request, modelId, streams }),
    }
  },
  toErrorReply,
}

/** Members of messages and requests that are not OpenAI's. Bedrock's own door does not know them. */
const OWN_MEMBERS = ['additional_model_request_fields', 'thinking_blocks', 'reasoning_content', 'citations']

/**
 * Tests whether only the translation serves a request: it names a file in S3 or has members of this suite, or it has tools for a
 * model of OpenAI with closed weights, whose chat completions take tools without reasoning only.
 */
function needsConverse(document: JsonDocument, modelId: string): boolean {
  const hasTools = document.root.get('tools')?.isEmpty === false
  if (document.bytes.includes('"s3://') || document.mayHaveMember(...OWN_MEMBERS)) return true
  return hasTools && isClosedGpt(modelId)
}

interface PlanOptions {
  readonly request: DoorHttpRequest
  readonly modelId: string
  readonly streams: boolean
}

function plan(way: DoorWay, document: JsonDocument, options: PlanOptions): DoorCall {
  const { request, modelId, streams } = options
  if (way === 'bedrock') {
    const createFormat = () => createPassFormat(SERVER_SENT_EVENTS, (error) => Buffer.from(writeError(error)))
    return planOwnDoor(document, { operation: 'OpenAIChatCompletions', request, modelId, createFormat })
  }
  const { root } = document
  const { body, formatWay, left, hasTools, model } = toConverse(root, request.headers, modelId)
  const form: CompletionForm = { modelId, isFormat: formatWay === 'tool', includesUsage: readIncludeUsage(root) }
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
    toAnswer: (reply) => toCompletion(reply, form),
    createFormat: () => createChunkFormat(form),
  }
}

function readIncludeUsage(root: JsonValue): boolean {
  const options = root.get('stream_options')
  if (!options) return false
  checkMembers(options, INNER_MEMBERS.streamOptions, 'stream_options', new Set())
  return readFlag(options, 'include_usage', 'stream_options.include_usage')
}
