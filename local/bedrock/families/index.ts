import { findRules } from '@bedrock-functions/runtime/models'
import { UNSUPPORTED_ACTION, validationError } from '../messages.ts'
import type { Model } from '../models/resolve-model.ts'
import type { JsonObject } from '../shapes/json.ts'
import { claudeMessages } from './claude-messages/index.ts'
import { claudeText } from './claude-text.ts'
import { cohereChat } from './cohere-chat.ts'
import { coherePrompt } from './cohere-prompt.ts'
import { deepseekPrompt } from './deepseek-prompt.ts'
import { cohereEmbedV3, cohereEmbedV4 } from './embeddings/cohere.ts'
import { titanEmbeddingsV1, titanEmbeddingsV2 } from './embeddings/titan.ts'
import type { Family } from './family.ts'
import { llama } from './llama.ts'
import { mistralPrompt } from './mistral-prompt.ts'
import { nova } from './nova.ts'
import { mistralChat, openaiChat } from './openai-chat/index.ts'
import { titanText } from './titan-text.ts'

interface FamilyRule {
  /** Name of the family in the table of models; a pattern of ids for models that the table puts into no family. */
  readonly of: string | RegExp
  /** Key that only this family's bodies have, for models that read two kinds of bodies. */
  readonly key?: string
  readonly family: Family
}

/** Rules in order; the first match decides. */
const RULES: readonly FamilyRule[] = [
  { of: 'Claude', key: 'prompt', family: claudeText },
  { of: 'Claude', family: claudeMessages },
  { of: 'Nova', family: nova },
  { of: /^amazon\.titan-embed-text-v2/, family: titanEmbeddingsV2 },
  { of: /^amazon\.titan-(embed-text-v1|embed-g1)/, family: titanEmbeddingsV1 },
  { of: 'Titan Text', family: titanText },
  { of: /^meta\./, family: llama },
  { of: /^mistral\./, key: 'prompt', family: mistralPrompt },
  { of: 'Mistral', family: mistralChat },
  // Its requests are those of chat completions, its answers those of Mistral.
  { of: /^mistral\.pixtral-large/, family: mistralChat },
  { of: /^cohere\.command-(text|light)/, family: coherePrompt },
  { of: 'Cohere Command R', family: cohereChat },
  { of: /^cohere\.embed-v4/, family: cohereEmbedV4 },
  { of: /^cohere\.embed/, family: cohereEmbedV3 },
  { of: 'DeepSeek R1', family: deepseekPrompt },
  { of: 'Jamba', family: openaiChat },
  { of: 'chat completions', family: openaiChat },
]

/** Keys that identify a native body, for models known only to the account. */
const BODY_KEYS: readonly { readonly keys: readonly string[]; readonly family: Family }[] = [
  { keys: ['anthropic_version'], family: claudeMessages },
  { keys: ['max_tokens_to_sample'], family: claudeText },
  { keys: ['schemaVersion'], family: nova },
  { keys: ['inferenceConfig'], family: nova },
  { keys: ['textGenerationConfig'], family: titanText },
  { keys: ['inputText'], family: titanEmbeddingsV2 },
  { keys: ['texts'], family: cohereEmbedV3 },
  { keys: ['message'], family: cohereChat },
  { keys: ['prompt', 'max_gen_len'], family: llama },
  { keys: ['prompt', 'max_tokens'], family: mistralPrompt },
  { keys: ['prompt'], family: llama },
  { keys: ['messages'], family: openaiChat },
]

/** Finds the family that reads `body` for this model. ValidationException for models without text or embeddings. */
export function selectFamily({ baseId }: Model, body: JsonObject): Family {
  const has = (key: string): boolean => Object.hasOwn(body, key)
  if (baseId === undefined) return BODY_KEYS.find(({ keys }) => keys.every(has))?.family ?? claudeMessages
  const rule = RULES.find((candidate) => isOf(candidate, baseId) && (candidate.key === undefined || has(candidate.key)))
  if (!rule) throw validationError(UNSUPPORTED_ACTION)
  return rule.family
}

/** True when Converse serves this model, which then has a chat family. */
export function isChatModel({ baseId }: Model): boolean {
  return baseId === undefined || RULES.some((rule) => rule.family.kind === 'chat' && isOf(rule, baseId))
}

function isOf({ of }: FamilyRule, baseId: string): boolean {
  return typeof of === 'string' ? findRules(baseId)?.family === of : of.test(baseId)
}
