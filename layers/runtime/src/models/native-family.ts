import { foundationModelId } from './model-id.ts'

/**
 * Models that read the same native body. The first rule that fits decides; a group of the pattern is part of the name.
 * Prompts of Llama hold its version's own tokens. Source: AWS's pages "Inference request parameters" by provider.
 */
const FAMILIES: readonly (readonly [pattern: RegExp, family: string])[] = [
  [/^anthropic\./, 'Claude'],
  [/^amazon\.nova-(?:2-)?(?:micro|lite|pro|premier|omni)/, 'Nova'],
  [/^amazon\.titan-(?:text|tg1)/, 'Titan Text'],
  [/^meta\.llama(\d)/, 'Llama'],
  [/^mistral\.(?:mistral-7b|mixtral|mistral-(?:large|small)-24)/, 'Mistral'],
  [/^cohere\.command-r/, 'Cohere Command R'],
  [/^ai21\.jamba/, 'Jamba'],
  [/^deepseek\.r1/, 'DeepSeek R1'],
  [/^(?:deepseek|google|minimax|mistral|moonshot|moonshotai|nvidia|openai|qwen|writer|xai|zai)\./, 'chat completions'],
]

const FOUNDATION_MODEL = /^arn:[^/]*:foundation-model\//

/**
 * The family whose native bodies a model reads. A model of none (embeddings, images) is a family by itself: a vector of
 * another model would mean nothing.
 *
 * @returns undefined for what the account alone knows: provisioned models, application profiles, routers
 */
export function nativeFamily(modelId: string): string | undefined {
  const id = foundationModelId(modelId.replace(FOUNDATION_MODEL, ''))
  if (id.startsWith('arn:')) return undefined
  for (const [pattern, family] of FAMILIES) {
    const found = pattern.exec(id)
    if (found) return [family, ...found.slice(1)].join(' ')
  }
  return id
}
