import { findRules } from '@bedrock-functions/runtime/models'
import { findTraits } from '@bedrock-functions/runtime/models/rows'

/** What a model's answers in Converse have beside their content. Observed: recordings of Bedrock. */
export interface AnswerTraits {
  readonly isClaude: boolean
  /** A whole answer counts the cache where no cache point asks for it, too. */
  readonly countsCache: boolean
  /** Tool uses have the member `type`. */
  readonly typesToolUses: boolean
  /** The model reasons without being asked. */
  readonly alwaysReasons: boolean
}

/** Reads the traits of a foundation model's answers from the table of models. */
export function readAnswerTraits(baseId: string): AnswerTraits {
  const { answers = [] } = findTraits(baseId)
  const { family, minimumCacheTokens } = findRules(baseId) ?? {}
  const isClaude = family === 'Claude'
  return {
    isClaude,
    countsCache: isClaude && typeof minimumCacheTokens === 'number',
    typesToolUses: answers.includes('toolUseType'),
    alwaysReasons: answers.includes('reasoning'),
  }
}
