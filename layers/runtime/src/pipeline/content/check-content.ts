import '../../core/index.ts'
import type { ModelCall } from '../../core/model-call.ts'
import type { JsonDocument } from '../../json/json-document.ts'
import { cacheRule, findRules, isClaude, readsS3, samplingRule } from '../../models/model-rules.ts'
import { REPLY_HEADERS } from '../reply-headers.ts'
import type { StageOutcome } from '../stage.ts'
import { checkCachePoints, placeCachePoints } from './cache-points.ts'
import { checkMedia } from './check-media.ts'
import { checkCommonMistakes, checkNativeClaude, checkSampling, converseSamplingParts } from './check-parameters.ts'
import { checkTools } from './check-tools.ts'
import type { ContentOptions } from './content-options.ts'
import { readConversation } from './conversation.ts'
import { correctDocumentNames } from './correct-document-names.ts'
import { listSome } from './list-some.ts'
import { assertLocationsAllowed } from './locations.ts'
import { readLocations } from './read-locations.ts'

/** @throws BedrockError as the checks do */
export async function checkConverse(
  call: ModelCall,
  document: JsonDocument,
  options: ContentOptions,
): Promise<StageOutcome> {
  const locations = assertLocationsAllowed(document, call.caller, options)
  const { root } = document
  const conversation = readConversation(root)
  const { modelId } = call
  checkCommonMistakes(conversation, modelId)
  checkMedia(conversation, modelId)
  checkTools(conversation, modelId)
  checkCachePoints(conversation)
  const rule = samplingRule(modelId)
  if (rule) checkSampling(converseSamplingParts(root), modelId, rule)

  const corrections = correctDocumentNames(conversation)
  const objects = readsS3(modelId) === false ? await readLocations(locations, modelId, options.read) : []
  const cache = options.autoCache ? placeCachePoints(conversation, cacheRule(modelId)) : undefined
  return {
    edits: [...corrections.map(({ edit }) => edit), ...objects, ...(cache?.edits ?? [])],
    replyHeaders: {
      ...warnOfBeta(modelId, document),
      ...(corrections.length > 0 && {
        [REPLY_HEADERS.corrected]: listSome(
          corrections.map(({ path, edit }) => `${path}: ${edit.text}`),
          '; ',
        ),
      }),
      ...(cache && { [REPLY_HEADERS.autoCache]: cache.report }),
    },
  }
}

/**
 * Checks the known members of a native body.
 *
 * @returns headers for the answer
 * @throws BedrockError as the checks do
 */
export function checkBody(
  { modelId, caller }: ModelCall,
  document: JsonDocument,
  options: ContentOptions,
): Record<string, string> {
  if (!isClaude(modelId)) {
    assertLocationsAllowed(document, caller, options)
    return {}
  }
  const { root } = document
  checkNativeClaude(root, modelId)
  const rule = samplingRule(modelId)
  if (rule) checkSampling({ '': root }, modelId, rule)
  return warnOfBeta(modelId, document)
}

function warnOfBeta(modelId: string, { root }: JsonDocument): Record<string, string> {
  const { endedBetas } = findRules(modelId) ?? {}
  if (!endedBetas) return {}
  const betas = [root, root.get('additionalModelRequestFields')].flatMap(
    (part) => part?.get('anthropic_beta')?.items ?? [],
  )
  const named = endedBetas.find((beta) => betas.some(({ text }) => text === beta))
  if (named === undefined) return {}
  return {
    [REPLY_HEADERS.warning]: `the beta ${named} has ended: this model has 200000 tokens of context, Claude Sonnet 4.6 and Opus 4.6 and later have 1000000`,
  }
}
