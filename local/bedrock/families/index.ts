import { findRules } from '@bedrock-functions/runtime/models'
import { findTraits } from '@bedrock-functions/runtime/models/rows'
import { marengo27Embeddings, marengo30Embeddings } from '../async-invoke/families/marengo.ts'
import { novaSingleEmbeddings } from '../async-invoke/families/nova-embeddings.ts'
import { ASYNC_MODEL_IDS } from '../async-invoke/models.ts'
import { invokeNotServed, unknownBody, validationError } from '../messages.ts'
import type { Model } from '../models/resolve-model.ts'
import type { JsonObject } from '../shapes/json.ts'
import { claudeMessages } from './claude-messages/index.ts'
import { claudeText } from './claude-text.ts'
import { cohereChat } from './cohere-chat.ts'
import { coherePrompt } from './cohere-prompt.ts'
import { deepseekPrompt } from './deepseek-prompt.ts'
import { cohereEmbedV3, cohereEmbedV4 } from './embeddings/cohere.ts'
import { titanEmbeddingsV1, titanEmbeddingsV2 } from './embeddings/titan.ts'
import { titanImageEmbeddings } from './embeddings/titan-image.ts'
import type { Family } from './family.ts'
import { novaCanvas, titanImage1, titanImage2 } from './images/amazon.ts'
import {
  stabilityService,
  stableDiffusion3,
  stableDiffusionXl,
  stableImageCore,
  stableImageUltra,
} from './images/stability.ts'
import { llama } from './llama.ts'
import { mistralPrompt } from './mistral-prompt.ts'
import { nova } from './nova.ts'
import { mistralChat, openaiChat } from './openai-chat/index.ts'
import { pegasus } from './pegasus.ts'
import { amazonRerank, cohereRerank } from './rerank.ts'
import { titanText } from './titan-text.ts'

/** Families by the native body of a model, as the table of models names it; the first match of several decides. */
const FAMILIES: Readonly<Record<string, readonly FamilyRule[]>> = {
  Claude: [{ key: 'prompt', family: claudeText }, { family: claudeMessages }],
  Nova: [{ family: nova }],
  'Titan Text': [{ family: titanText }],
  Llama: [{ family: llama }],
  Mistral: [{ key: 'prompt', family: mistralPrompt }, { family: mistralChat }],
  'Mistral chat completions': [{ key: 'prompt', family: mistralPrompt }, { family: openaiChat }],
  'Cohere Command': [{ family: coherePrompt }],
  'Cohere Command R': [{ family: cohereChat }],
  'DeepSeek R1': [{ family: deepseekPrompt }],
  Jamba: [{ family: openaiChat }],
  'chat completions': [{ family: openaiChat }],
  Pegasus: [{ family: pegasus }],
  'Titan Embeddings 1': [{ family: titanEmbeddingsV1 }],
  'Titan Embeddings 2': [{ family: titanEmbeddingsV2 }],
  'Titan Multimodal Embeddings': [{ family: titanImageEmbeddings }],
  'Cohere Embed 3': [{ family: cohereEmbedV3 }],
  'Cohere Embed 4': [{ family: cohereEmbedV4 }],
  'Marengo 2.7': [{ family: marengo27Embeddings }],
  'Marengo 3.0': [{ family: marengo30Embeddings }],
  'Nova Multimodal Embeddings': [{ family: novaSingleEmbeddings }],
  'Amazon Rerank': [{ family: amazonRerank }],
  'Cohere Rerank': [{ family: cohereRerank }],
  'Nova Canvas': [{ family: novaCanvas }],
  'Titan Image 1': [{ family: titanImage1 }],
  'Titan Image 2': [{ family: titanImage2 }],
  'Stable Diffusion 3': [{ family: stableDiffusion3 }],
  'Stability Image Services': [{ family: stabilityService }],
  'Stable Diffusion XL': [{ family: stableDiffusionXl }],
  'Stable Image Core': [{ family: stableImageCore }],
  'Stable Image Ultra': [{ family: stableImageUltra }],
}

interface FamilyRule {
  /** Key that only this family's bodies have, for models that read two kinds of bodies. */
  readonly key?: string
  readonly family: Family
}

/** Keys that identify a native body, for models known only to the account. */
const BODY_KEYS: readonly { readonly keys: readonly string[]; readonly family: Family }[] = [
  { keys: ['anthropic_version'], family: claudeMessages },
  { keys: ['max_tokens_to_sample'], family: claudeText },
  { keys: ['schemaVersion'], family: nova },
  { keys: ['inferenceConfig'], family: nova },
  { keys: ['textGenerationConfig'], family: titanText },
  { keys: ['taskType'], family: titanImage2 },
  { keys: ['inputImage'], family: titanImageEmbeddings },
  { keys: ['inputText'], family: titanEmbeddingsV2 },
  { keys: ['inputPrompt'], family: pegasus },
  { keys: ['query', 'documents', 'api_version'], family: cohereRerank },
  { keys: ['query', 'documents'], family: amazonRerank },
  { keys: ['text_prompts'], family: stableDiffusionXl },
  { keys: ['texts'], family: cohereEmbedV3 },
  { keys: ['message'], family: cohereChat },
  { keys: ['prompt', 'max_gen_len'], family: llama },
  { keys: ['prompt', 'max_tokens'], family: mistralPrompt },
  { keys: ['prompt'], family: llama },
  { keys: ['messages'], family: openaiChat },
]

/** Finds the family that reads `body` for this model. ValidationException for a model or a body that the emulator does not serve. */
export function selectFamily({ baseId, requestedId }: Model, body: JsonObject): Family {
  const has = (key: string): boolean => Object.hasOwn(body, key)
  if (baseId === undefined) {
    const found = BODY_KEYS.find(({ keys }) => keys.every(has))
    // Converse has no native body: it passes an empty one.
    const isNative = Object.keys(body).length > 0
    if (!found && isNative) throw validationError(unknownBody(requestedId))
    return found?.family ?? claudeMessages
  }
  const rule = findFamilies(baseId).find(({ key }) => key === undefined || has(key))
  if (!rule) throw validationError(invokeNotServed(requestedId, ASYNC_MODEL_IDS.includes(baseId)))
  return rule.family
}

/** True when Converse serves this model. */
export function isChatModel({ baseId }: Model): boolean {
  return baseId === undefined || listOperations(baseId).includes('Converse')
}

export type ServedOperation = 'InvokeModel' | 'InvokeModelWithResponseStream' | 'Converse' | 'StartAsyncInvoke'

/** Operations by which the emulator serves a foundation model. Converse stands for ConverseStream, too. */
export function listOperations(baseId: string): readonly ServedOperation[] {
  const families = findFamilies(baseId).map(({ family }) => family)
  const chats = families.filter((family) => family.kind === 'chat')
  return [
    ...(families.length > 0 ? (['InvokeModel'] as const) : []),
    ...(chats.length > 0 ? (['InvokeModelWithResponseStream'] as const) : []),
    ...(chats.some(({ isNativeOnly }) => !isNativeOnly) ? (['Converse'] as const) : []),
    ...(ASYNC_MODEL_IDS.includes(baseId) ? (['StartAsyncInvoke'] as const) : []),
  ]
}

function findFamilies(baseId: string): readonly FamilyRule[] {
  return FAMILIES[nameBody(baseId) ?? ''] ?? []
}

/** Returns the name of the native body of a foundation model; undefined for a model without one. */
export function nameBody(baseId: string): string | undefined {
  return findTraits(baseId).nativeBody ?? findRules(baseId)?.family ?? undefined
}
