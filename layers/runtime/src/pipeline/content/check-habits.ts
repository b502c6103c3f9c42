import { memberOf } from '../../json/json-tree.ts'
import { isPrompt, isTextCompletionModel } from '../../models/model-rules.ts'
import { type Conversation, type JsonDocument, refuse } from './conversation.ts'

/**
 * What people write who come from other APIs, or from tutorials that are wrong.
 *
 * @throws BedrockError ValidationException
 */
export function checkHabits({ bytes, root, turns }: Conversation, modelId: string): void {
  if (memberOf(bytes, root, 'streamingConfig')) {
    refuse(
      'ConverseStream has no streamingConfig: leave it out. How a guardrail treats the stream is guardrailConfig.streamProcessingMode.',
    )
  }
  if (turns[0]?.role === 'system') {
    refuse(
      'messages.0 has the role system: instructions are the member system, [{"text": …}], and messages begin with the role user.',
    )
  }
  if (isPrompt(modelId)) checkPromptCall({ bytes, root })
}

/** Source: the service model of bedrock-runtime, ConverseRequest.modelId. */
const OF_THE_PROMPT = ['additionalModelRequestFields', 'inferenceConfig', 'system', 'toolConfig']

function checkPromptCall({ bytes, root }: JsonDocument): void {
  const given = OF_THE_PROMPT.filter((name) => memberOf(bytes, root, name))
  if (given.length === 0) return
  refuse(
    `With a prompt as modelId the prompt itself says ${given.join(' and ')}: leave them out. promptVariables fill its places, and messages go behind its own.`,
  )
}

/** @throws BedrockError ValidationException for the body of Claude 2, which no later model reads */
export function checkNativeClaude({ bytes, root }: JsonDocument, modelId: string): void {
  const isOld = ['prompt', 'max_tokens_to_sample'].find((name) => memberOf(bytes, root, name))
  if (isOld === undefined || isTextCompletionModel(modelId)) return
  refuse(
    `${isOld} belongs to Text Completions, which ended with Claude 2: send {"anthropic_version": "bedrock-2023-05-31", "max_tokens": …, "messages": [{"role": "user", "content": …}]}, or use Converse.`,
  )
}
