import type { DoorOperation } from '../core/model-call.ts'
import { isClaude, servesDoor } from '../models/model-rules.ts'
import type { DoorWay } from './door.ts'

export interface WayOptions {
  /** True if Bedrock's own doors may be used. */
  readonly bedrockDoors: boolean
  /** True if the stack has a guardrail, which two of Bedrock's doors cannot apply. */
  readonly hasGuardrail: boolean
  /** True if the call has a project other than the default one. Of Bedrock's own doors only chat completions can have one. */
  readonly hasProject: boolean
  /**
   * True if only the translation onto Converse serves the call: it has something that the other ways do not know, or another
   * model is called when this one fails.
   */
  readonly needsConverse: boolean
}

/** Chooses the way in which a call of a door is served: Bedrock's own door, Claude's native body, or Converse. */
export function chooseWay(
  operation: DoorOperation,
  modelId: string,
  { bedrockDoors, hasGuardrail, hasProject, needsConverse }: WayOptions,
): DoorWay {
  if (needsConverse) return 'converse'
  const isBeyondDoor = (hasGuardrail || hasProject) && operation !== 'OpenAIChatCompletions'
  if (bedrockDoors && !isBeyondDoor && servesDoor(modelId, operation)) return 'bedrock'
  return operation === 'AnthropicMessages' && isClaude(modelId) ? 'native' : 'converse'
}
