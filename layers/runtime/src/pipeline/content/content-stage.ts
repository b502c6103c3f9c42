import { isUtf8 } from 'node:buffer'
import { BedrockError } from '../../core/errors.ts'
import { isConverse, type ModelCall } from '../../core/model-call.ts'
import { type JsonDocument, malformed, toBuffer } from '../../json/json-document.ts'
import { findRules, isClaude, isPrompt, readsS3, samplingRule } from '../../models/model-rules.ts'
import { REPLY_HEADERS } from '../reply-headers.ts'
import type { CallStage, StageOutcome } from '../stage.ts'
import { AUTO_CACHE_HEADER, type ContentOptions, SAMPLING_NAMES } from './content-options.ts'

/** Names of members that are checked in a Converse request, whatever the model. */
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
 * Checks the content of a request before Bedrock is called: limits of media, names of documents, S3 locations, cache points,
 * tools and parameters. Most requests have nothing of that kind, which a search through their bytes shows; then the checks
 * are not even loaded.
 *
 * @returns a stage that throws a BedrockError for what is refused, and names in the reply's headers what it has corrected
 */
export function createContentStage(options: ContentOptions): CallStage {
  return async (call, document) => {
    const corrected = correctContentType(call)
    const ofConverse = isConverse(call.operation)
    const autoCache = ofConverse && readAutoCache(call.headers[AUTO_CACHE_HEADER], options.autoCache ?? false)
    if (!document) {
      if (readsS3(call.modelId) !== false && mayHideLocation(toBuffer(call.body)))
        throw malformed('the body is not JSON in UTF-8')
      return corrected
    }
    const needsCheck = ofConverse
      ? mayMatterInConverse(document, call.modelId)
      : mayMatterInBody(document, call.modelId)
    if (!autoCache && !needsCheck) return corrected
    const { checkBody, checkConverse } = await import('./check-content.ts')
    if (ofConverse) return checkConverse(call, document, { ...options, autoCache })
    const replyHeaders = { ...corrected.replyHeaders, ...checkBody(call, document, options) }
    return { ...corrected, replyHeaders }
  }
}

function mayMatterInConverse(document: JsonDocument, modelId: string): boolean {
  return (
    isPrompt(modelId) ||
    document.mayHaveMember(...CONVERSE_NAMES) ||
    (samplingRule(modelId) !== undefined && document.mayHaveMember(...SAMPLING_NAMES)) ||
    document.root.get('messages')?.items[0]?.get('role')?.text === 'system' ||
    mayNameEndedBeta(document, modelId)
  )
}

/** Of a native body only S3 locations are checked, and what Claude does not take any more. */
function mayMatterInBody(document: JsonDocument, modelId: string): boolean {
  if (isClaude(modelId)) {
    return document.mayHaveMember(...COMPLETION_NAMES, ...SAMPLING_NAMES) || mayNameEndedBeta(document, modelId)
  }
  return readsS3(modelId) !== false && document.mayHaveMember('s3Location')
}

/** Whether a parser that is more lenient than ours could find an S3 location in a body that is no JSON. */
function mayHideLocation(bytes: Buffer): boolean {
  return !isUtf8(bytes) || bytes.includes(0) || bytes.includes('s3Location') || bytes.includes('\\u')
}

function mayNameEndedBeta({ bytes }: JsonDocument, modelId: string): boolean {
  return findRules(modelId)?.endedBetas?.some((beta) => bytes.includes(`"${beta}"`)) ?? false
}

/** SDKs that are told no content type send one of bytes, with which guardrails refuse a body. */
function correctContentType({ operation, headers, body }: ModelCall): StageOutcome {
  const isBytes = headers['content-type'] === 'application/octet-stream'
  if (!isBytes || isConverse(operation) || body[0] !== '{'.charCodeAt(0)) return {}
  const type = 'application/json'
  return {
    headers: { ...headers, 'content-type': type },
    replyHeaders: { [REPLY_HEADERS.corrected]: `content-type: ${type}` },
  }
}

function readAutoCache(header: string | undefined, whenUnset: boolean): boolean {
  const value = header?.trim().toLowerCase()
  if (value === undefined) return whenUnset
  if (value === 'true' || value === 'false') return value === 'true'
  throw new BedrockError('ValidationException', `${AUTO_CACHE_HEADER} must be true or false.`)
}
