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
  readonly ids: RegExp
  /** Key that only this family's bodies have, for models that read two kinds of bodies. */
  readonly key?: string
  readonly family: Family
}

/** Rules in order; the first match decides. Later Mistral models and the last providers use OpenAI's format. */
const RULES: readonly FamilyRule[] = [
  { ids: /^anthropic\./, key: 'prompt', family: claudeText },
  { ids: /^anthropic\./, family: claudeMessages },
  { ids: /^amazon\.nova-(2-)?(micro|lite|pro|premier|omni)/, family: nova },
  { ids: /^amazon\.titan-embed-text-v2/, family: titanEmbeddingsV2 },
  { ids: /^amazon\.titan-(embed-text-v1|embed-g1)/, family: titanEmbeddingsV1 },
  { ids: /^amazon\.titan-(text|tg1)/, family: titanText },
  { ids: /^meta\./, family: llama },
  { ids: /^mistral\./, key: 'prompt', family: mistralPrompt },
  { ids: /^mistral\.(mistral-7b|mixtral|mistral-(large|small)-24|pixtral-large)/, family: mistralChat },
  { ids: /^cohere\.command-(text|light)/, family: coherePrompt },
  { ids: /^cohere\.command/, family: cohereChat },
  { ids: /^cohere\.embed-v4/, family: cohereEmbedV4 },
  { ids: /^cohere\.embed/, family: cohereEmbedV3 },
  { ids: /^deepseek\.r1/, family: deepseekPrompt },
  {
    ids: /^(ai21|deepseek|google|minimax|mistral|moonshot|moonshotai|nvidia|openai|qwen|writer|xai|zai)\./,
    family: openaiChat,
  },
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
  const rule = RULES.find(({ ids, key }) => ids.test(baseId) && (key === undefined || has(key)))
  if (!rule) throw validationError(UNSUPPORTED_ACTION)
  return rule.family
}

/** True when Converse serves this model, which then has a chat family. */
export function isChatModel({ baseId }: Model): boolean {
  return baseId === undefined || RULES.some(({ ids, family }) => family.kind === 'chat' && ids.test(baseId))
}
