import '../core/index.ts'
import type { DoorOperation } from '../core/model-call.ts'
import type { Door } from './door.ts'

export { streamAnswer } from './answer-to-frames.ts'
export { chooseWay, type WayOptions } from './choose-ways.ts'
export type { Door, DoorCall, DoorHttpRequest, DoorRequest, DoorWay } from './door.ts'

/** Doors of POST requests that call a model. */
export type DoorName = DoorOperation

/** Paths of each door, as clients of the contract build them, and as Bedrock has them. */
export const DOOR_PATHS: Readonly<Record<DoorName, readonly string[]>> = {
  AnthropicMessages: ['/v1/messages', '/anthropic/v1/messages'],
  OpenAIChatCompletions: ['/v1/chat/completions', '/openai/v1/chat/completions'],
  OpenAIResponses: ['/v1/responses', '/openai/v1/responses'],
}

const LOADERS: Readonly<Record<DoorName, () => Promise<Door>>> = {
  AnthropicMessages: async () => (await import('./anthropic/index.ts')).anthropicMessages,
  OpenAIChatCompletions: async () => (await import('./openai-chat/index.ts')).chatCompletions,
  OpenAIResponses: async () => (await import('./openai-responses/index.ts')).createResponses(),
}

/** Loads a door with its first call, so that calls by Bedrock's own contract do not pay for it. */
export function loadDoor(name: DoorName): Promise<Door> {
  return LOADERS[name]()
}

/** Loads what the routes need that do not stream: embeddings, models, counts of tokens, and the errors of both contracts. */
export function loadOtherDoors(): Promise<typeof import('./other-doors.ts')> {
  return import('./other-doors.ts')
}
