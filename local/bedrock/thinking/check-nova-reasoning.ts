import { findRules } from '@bedrock-functions/runtime/models'
import { CATALOGUE } from '@bedrock-functions/runtime/models/rows'
import type { ConversationRequest } from '../conversation/types.ts'
import { type ConversationWording, malformedInput, validationError } from '../messages.ts'
import type { Model } from '../models/resolve-model.ts'
import { readObject, readString } from '../shapes/read-json.ts'

const KINDS: readonly string[] = ['enabled', 'disabled']
const EFFORTS: readonly string[] = ['low', 'medium', 'high']

/**
 * Checks `reasoningConfig` of a request to Nova. ValidationException for models that do not reason (text: inspect_ai issue
 * 5301), for other values, and for `maxTokens`, `temperature` or `topP` beside the effort `high` (inspect_ai issue 3767).
 */
export function checkNovaReasoning(
  { parameters }: ConversationRequest,
  { baseId }: Model,
  wording: ConversationWording,
): void {
  const { thinking, maxTokens, temperature, topP } = parameters
  if (!thinking || baseId === undefined || findRules(baseId)?.family !== 'Nova') return
  const refuse = (fact: string): never => {
    throw validationError(wording.fromModel(malformedInput(fact)))
  }
  const member = readObject(thinking.member)
  const effort = member?.maxReasoningEffort
  const isValid = KINDS.includes(thinking.kind) && (effort === undefined || EFFORTS.includes(readString(effort) ?? ''))
  if (!isValid || !reasons(baseId)) refuse('the provided reasoning config value is invalid')
  const set = Object.entries({ maxTokens, temperature, topP }).filter(([, value]) => value !== undefined)
  if (thinking.kind === 'enabled' && effort === 'high' && set.length > 0) {
    refuse(`${set.map(([name]) => name).join(', ')} must not be set with the reasoning effort high`)
  }
}

/** False for models that are known not to reason. */
function reasons(baseId: string): boolean {
  return CATALOGUE.models.find(({ modelId }) => modelId === baseId)?.reasoning !== false
}
