import type { JsonValue } from '../../json/json-document.ts'
import type { SamplingRule } from '../../models/model-row.ts'
import { findRules, isClaude, isPrompt } from '../../models/model-rules.ts'
import { SAMPLING_NAMES } from './content-options.ts'
import { type Conversation, refuse } from './conversation.ts'

/**
 * Refuses common mistakes of users of other APIs or of wrong tutorials.
 *
 * @throws BedrockError ValidationException
 */
export function checkCommonMistakes({ root, turns }: Conversation, modelId: string): void {
  if (root.get('streamingConfig')) {
    refuse(
      'ConverseStream has no streamingConfig: leave it out. guardrailConfig.streamProcessingMode sets the mode of a guardrail.',
    )
  }
  if (turns[0]?.role === 'system') {
    refuse(
      'A conversation must start with a user message. Try again with a conversation that starts with a user message. messages.0 has the role system: instructions are the member system, [{"text": …}], and messages begin with the role user.',
    )
  }
  if (isPrompt(modelId)) checkPromptCall(root)
}

/** Members that a prompt of prompt management sets. Source: the service model of bedrock-runtime, ConverseRequest.modelId. */
const PROMPT_MEMBERS = ['additionalModelRequestFields', 'inferenceConfig', 'system', 'toolConfig']

function checkPromptCall(root: JsonValue): void {
  const given = PROMPT_MEMBERS.filter((name) => root.get(name))
  if (given.length === 0) return
  refuse(
    `With a prompt as modelId the prompt itself sets ${given.join(' and ')}: leave them out. promptVariables fill its placeholders, and messages come after its own.`,
  )
}

/** @throws BedrockError ValidationException for the body of Claude 2, which later models do not accept */
export function checkNativeClaude(root: JsonValue, modelId: string): void {
  const isOld = ['prompt', 'max_tokens_to_sample'].find((name) => root.get(name))
  if (isOld === undefined || findRules(modelId)?.textCompletion) return
  refuse(
    `${isOld} belongs to Text Completions, which ended with Claude 2: send {"anthropic_version": "bedrock-2023-05-31", "max_tokens": …, "messages": [{"role": "user", "content": …}]}, or use Converse.`,
  )
}

/**
 * Refuses sampling parameters that the model does not accept.
 *
 * @param parts the objects that may have them, by name; an empty name is the body itself
 * @throws BedrockError ValidationException
 */
export function checkSampling(
  parts: Readonly<Record<string, JsonValue | undefined>>,
  modelId: string,
  rule: SamplingRule,
): void {
  const given = Object.entries(parts).flatMap(([part, value]) =>
    SAMPLING_NAMES.filter((name) => value?.get(name)).map((name) => (part === '' ? name : `${part}.${name}`)),
  )
  if (rule === 'none' && given.length > 0) {
    const prompt = 'This model decides on its sampling itself. Describe in the prompt how varied the answer should be.'
    refuse(
      `${samplingRefusal(given[0] ?? '', modelId)} ${modelId} accepts no sampling parameters: leave out ${given.join(' and ')}. ${prompt}`,
    )
  }
  const temperature = given.find((name) => name.endsWith('temperature'))
  const topP = given.find((name) => /top_?p$/i.test(name))
  if (!temperature || !topP) return
  refuse(
    `The model returned the following errors: \`temperature\` and \`top_p\` cannot both be specified for this model. Please use only one. ${modelId} accepts ${temperature} or ${topP}, not both: leave out one of them.`,
  )
}

/** Bedrock's own words: those of Claude, or of Converse for another model. */
function samplingRefusal(given: string, modelId: string): string {
  const member = given.replace(/^.*\./, '')
  if (!isClaude(modelId)) return `This model doesn't support the ${member} field. Remove ${member} and try again.`
  const name = member.replace('topP', 'top_p').replace('topK', 'top_k')
  return `The model returned the following errors: \`${name}\` is deprecated for this model.`
}

export function converseSamplingParts(root: JsonValue): Record<string, JsonValue | undefined> {
  return {
    inferenceConfig: root.get('inferenceConfig'),
    additionalModelRequestFields: root.get('additionalModelRequestFields'),
  }
}
