import { deterministicModel } from '../deterministic-model/index.ts'
import type { LanguageModel } from '../language-model.ts'
import { definedOnly } from '../shapes/read-json.ts'
import { createOpenaiModel } from './openai-model.ts'

/** What OpenAI-compatible servers with a single model ignore. */
const DEFAULT_MODEL = 'gpt-oss:20b'

/** The model that the environment asks for: OPENAI_BASE_URL (with OPENAI_API_KEY, OPENAI_MODEL) or the deterministic one. */
export function chooseModel(environment: Readonly<Record<string, string | undefined>>): LanguageModel {
  const { OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: apiKey, OPENAI_MODEL: model } = environment
  if (!baseUrl) return deterministicModel
  return createOpenaiModel({ baseUrl, model: model || DEFAULT_MODEL, ...definedOnly({ apiKey: apiKey || undefined }) })
}
