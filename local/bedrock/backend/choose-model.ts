import { deterministicModel } from '../deterministic-model/index.ts'
import type { LanguageModel } from '../language-model.ts'
import { omitUndefined } from '../shapes/read-json.ts'
import { createOpenaiModel } from './openai-model.ts'

/** Default model name; servers with a single model ignore it. */
const DEFAULT_MODEL = 'gpt-oss:20b'

/** Chooses the model by OPENAI_BASE_URL (with OPENAI_API_KEY, OPENAI_MODEL); the deterministic one by default. */
export function chooseModel(environment: Readonly<Record<string, string | undefined>>): LanguageModel {
  const { OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: apiKey, OPENAI_MODEL: model } = environment
  if (!baseUrl) return deterministicModel
  return createOpenaiModel({
    baseUrl,
    model: model || DEFAULT_MODEL,
    ...omitUndefined({ apiKey: apiKey || undefined }),
  })
}
