import type { ModelCall } from '../../core/model-call.ts'
import { applyEdits, type Edit, readJsonTree } from '../../json/json-tree.ts'
import { hasAnyName, hasEscapedName, hasValue } from '../../json/search-bytes.ts'
import {
  cacheRule,
  hasLostLongContext,
  isClaude,
  LONG_CONTEXT_BETA,
  readsS3,
  samplingRule,
} from '../../models/model-rules.ts'
import { checkCachePoints } from './check-cache-points.ts'
import { checkHabits, checkNativeClaude } from './check-habits.ts'
import { checkMedia } from './check-media.ts'
import { checkSampling, converseSamplingParts } from './check-sampling.ts'
import { checkTools } from './check-tools.ts'
import type { ContentOptions } from './content-stage.ts'
import { type JsonDocument, readConversation, refuse } from './conversation.ts'
import { correctDocumentNames } from './correct-document-names.ts'
import { admitInput, findLocations, type InputLocation } from './locations.ts'
import { placeCachePoints } from './place-cache-points.ts'
import { readLocations } from './read-locations.ts'
import { addReplyHeader, REPLY_HEADERS } from './reply-headers.ts'

/** @throws BedrockError as the checks do */
export async function checkConverse(call: ModelCall, bytes: Buffer, options: ContentOptions): Promise<ModelCall> {
  const document = readDocument(bytes)
  // What Bedrock will refuse goes on as it is.
  if (!document) return call
  const locations = admitLocations(document, call, options)
  const conversation = readConversation(document)
  const { modelId } = call
  checkHabits(conversation, modelId)
  checkMedia(conversation)
  checkTools(conversation, modelId)
  checkCachePoints(conversation)
  const rule = samplingRule(modelId)
  if (rule) checkSampling(document, converseSamplingParts(document), modelId, rule)

  const corrections = correctDocumentNames(conversation)
  const objects = readsS3(modelId) === false ? await readLocations(locations, bytes.length, options.read) : []
  const cache = options.autoCache ? placeCachePoints(conversation, cacheRule(modelId)) : undefined
  const edits = [...corrections.map(({ edit }) => edit), ...objects, ...(cache?.edits ?? [])]
  let checked = warnOfBeta(withEdits(call, bytes, edits), bytes)
  for (const { path, edit } of corrections) {
    checked = addReplyHeader(checked, REPLY_HEADERS.corrected, `${path}: ${edit.text}`)
  }
  return cache ? addReplyHeader(checked, REPLY_HEADERS.autoCache, cache.report) : checked
}

/** The same for a native body, of which only the places are known that are looked at. */
export function checkBody(call: ModelCall, bytes: Buffer, options: ContentOptions): ModelCall {
  const document = readDocument(bytes)
  if (!document) return call
  const { modelId } = call
  if (!isClaude(modelId)) {
    admitLocations(document, call, options)
    return call
  }
  checkNativeClaude(document, modelId)
  const rule = samplingRule(modelId)
  if (rule) checkSampling(document, { '': document.root }, modelId, rule)
  return warnOfBeta(call, bytes)
}

/**
 * Refuses S3 locations that a caller may not name, in any document that Bedrock reads with the stack's permissions.
 *
 * @throws BedrockError AccessDeniedException, ValidationException
 */
export function admitLocations(
  document: JsonDocument,
  { caller }: Pick<ModelCall, 'caller'>,
  options: Pick<ContentOptions, 'inputLocations' | 'uploadsBucket'>,
): InputLocation[] {
  const locations = mayNameLocation(document.bytes) ? findLocations(document) : []
  for (const location of locations) admitInput(location, caller, options)
  return locations
}

/** @throws BedrockError ValidationException for what cannot be read and may name an S3 location */
export function readDocument(bytes: Buffer): JsonDocument | undefined {
  const root = readJsonTree(bytes)
  if (root) return { bytes, root }
  if (mayNameLocation(bytes)) refuse('The body is not JSON.')
  return undefined
}

function mayNameLocation(bytes: Buffer): boolean {
  return hasAnyName(bytes, ['s3Location']) || hasEscapedName(bytes)
}

function withEdits(call: ModelCall, bytes: Buffer, edits: readonly Edit[]): ModelCall {
  return edits.length === 0 ? call : { ...call, body: applyEdits(bytes, edits) }
}

function warnOfBeta(call: ModelCall, bytes: Buffer): ModelCall {
  if (!hasLostLongContext(call.modelId) || !hasValue(bytes, LONG_CONTEXT_BETA)) return call
  return addReplyHeader(
    call,
    REPLY_HEADERS.warning,
    `the beta ${LONG_CONTEXT_BETA} has ended: this model has 200000 tokens of context, Claude Sonnet 4.6 and Opus 4.6 and later have 1000000`,
  )
}
