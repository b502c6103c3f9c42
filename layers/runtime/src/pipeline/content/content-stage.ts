import { isUtf8 } from 'node:buffer'
import { BedrockError } from '../../core/errors.ts'
import { isConverse, type ModelCall } from '../../core/model-call.ts'
import { type JsonDocument, malformed, toBuffer } from '../../json/json-document.ts'
import { findRules, isClaude, isPrompt, readsS3, samplingRule } from '../../models/model-rules.ts'
import { REPLY_HEADERS } from '../reply-headers.ts'
import type { CallStage, StageOutcome } from '../stage.ts'
import { AUTO_CACHE_HEADER, type ContentOptions, SAMPLING_NAMES } from './content-options.ts'

/** Names of members that are checked in every Converse request. */
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
/** Member with the names of Claude's betas. */
const BETAS = 'anthropic_beta'
const COMPLETION_NAMES = ['prompt', 'max_tokens_to_sample']

/**
 * Creates the stage that checks the content of a request: media limits, document names, S3 locations, cache points, tools and
 * parameters. Most requests have nothing to check, which a search in their bytes shows. Then the checks are not loaded.
 *
 * @returns a stage that throws a BedrockError for refused content, and names its corrections in headers of the reply
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

/** Native bodies are checked only for S3 locations, and those of Claude for parameters that it no longer accepts. */
function mayMatterInBody(document: JsonDocument, modelId: string): boolean {
  if (isClaude(modelId)) {
    return document.mayHaveMember(...COMPLETION_NAMES, ...SAMPLING_NAMES) || mayNameEndedBeta(document, modelId)
  }
  return readsS3(modelId) !== false && document.mayHaveMember('s3Location')
}

/** Tests whether a more lenient parser could find an S3 location in a body that is not JSON. */
function mayHideLocation(bytes: Buffer): boolean {
  return !isUtf8(bytes) || bytes.includes(0) || bytes.includes('s3Location') || bytes.includes('\\u')
}

function mayNameEndedBeta(document: JsonDocument, modelId: string): boolean {
  if (!document.mayHaveMember(BETAS)) return false
  return findRules(modelId)?.endedBetas?.some((beta) => document.bytes.includes(`"${beta}"`)) ?? false
}

/** Corrects the content type for bytes, the default of some SDKs. Guardrails refuse it. */
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
