import { BedrockError } from '../../core/errors.ts'
import type { CallStage, ModelCall } from '../../core/model-call.ts'
import { requireUtf8 } from '../../json/require-utf8.ts'
import { hasAnyName, hasEscapedName, hasValue } from '../../json/search-bytes.ts'
import {
  hasLostLongContext,
  isClaude,
  isPrompt,
  LONG_CONTEXT_BETA,
  readsS3,
  samplingRule,
} from '../../models/model-rules.ts'
import { SAMPLING_NAMES } from './check-sampling.ts'
import type { InputPlaces } from './locations.ts'
import type { ReadObject } from './read-locations.ts'
import { addReplyHeader, REPLY_HEADERS } from './reply-headers.ts'

export interface ContentOptions extends InputPlaces {
  /** Reads S3 locations for models for which Bedrock does not. */
  readonly read: ReadObject
  /** Whether cache points are placed where a request does not say; false by default. */
  readonly autoCache?: boolean
}

/** Asks for cache points, or for none where the stack places them by itself. */
export const AUTO_CACHE_HEADER = 'x-bedrock-functions-auto-cache'

/** Names without which a Converse request has nothing that is looked at, whatever the model. */
const CONVERSE_NAMES = [
  'image',
  'document',
  'video',
  'audio',
  's3Location',
  'cachePoint',
  'toolUse',
  'toolResult',
  'streamingConfig',
]
const COMPLETION_NAMES = ['prompt', 'max_tokens_to_sample']

/**
 * Looks at what a request carries before Bedrock is called: limits of media, names of documents, S3 locations, cache points,
 * tools and parameters. Most requests hold nothing of that kind, which a search through their bytes tells; they go on
 * untouched, and nothing is loaded for them.
 *
 * @returns a stage that throws a BedrockError for what is refused, and says in the reply's headers what it has corrected
 */
export function createContentStage(options: ContentOptions): CallStage {
  return (received) => {
    const call = correctContentType(received)
    const bytes = Buffer.from(call.body.buffer, call.body.byteOffset, call.body.byteLength)
    const isConverse = call.operation.startsWith('Converse')
    const autoCache = isConverse && readAutoCache(call.headers[AUTO_CACHE_HEADER], options.autoCache ?? false)
    if (isConverse || readsS3(call.modelId) !== false) requireUtf8(bytes)
    const mayMatter = isConverse ? mayMatterInConverse(bytes, call.modelId) : mayMatterInBody(bytes, call.modelId)
    if (!autoCache && !mayMatter) return call
    return lookAt(call, bytes, autoCache, options)
  }
}

async function lookAt(call: ModelCall, bytes: Buffer, autoCache: boolean, options: ContentOptions): Promise<ModelCall> {
  const { checkBody, checkConverse } = await import('./check-content.ts')
  return call.operation.startsWith('Converse')
    ? checkConverse(call, bytes, { ...options, autoCache })
    : checkBody(call, bytes, options)
}

function mayMatterInConverse(bytes: Buffer, modelId: string): boolean {
  return (
    isPrompt(modelId) ||
    hasAnyName(bytes, CONVERSE_NAMES) ||
    (samplingRule(modelId) !== undefined && hasAnyName(bytes, SAMPLING_NAMES)) ||
    hasValue(bytes, 'system') ||
    mayNameLostBeta(bytes, modelId) ||
    hasEscapedName(bytes)
  )
}

/** Of a native body: what is read from S3 for it, and what Claude does not take any more. */
function mayMatterInBody(bytes: Buffer, modelId: string): boolean {
  if (isClaude(modelId)) {
    return hasAnyName(bytes, [...COMPLETION_NAMES, ...SAMPLING_NAMES]) || mayNameLostBeta(bytes, modelId)
  }
  return readsS3(modelId) !== false && (hasAnyName(bytes, ['s3Location']) || hasEscapedName(bytes))
}

function mayNameLostBeta(bytes: Buffer, modelId: string): boolean {
  return hasLostLongContext(modelId) && hasValue(bytes, LONG_CONTEXT_BETA)
}

/** SDKs that are told no content type send one of bytes, with which guardrails refuse a body. */
function correctContentType(call: ModelCall): ModelCall {
  const { operation, headers, body } = call
  const isBytes = headers['content-type'] === 'application/octet-stream'
  if (!isBytes || operation.startsWith('Converse') || body[0] !== '{'.charCodeAt(0)) return call
  const corrected = { ...call, headers: { ...headers, 'content-type': 'application/json' } }
  return addReplyHeader(corrected, REPLY_HEADERS.corrected, 'content-type: application/json')
}

function readAutoCache(header: string | undefined, whenUnset: boolean): boolean {
  const value = header?.trim().toLowerCase()
  if (value === undefined) return whenUnset
  if (value === 'true' || value === 'false') return value === 'true'
  throw new BedrockError('ValidationException', `${AUTO_CACHE_HEADER} must be true or false.`)
}
