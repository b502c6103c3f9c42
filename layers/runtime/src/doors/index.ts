import '../core/index.ts'
import type { Door } from './door.ts'

export type { Door, DoorCall, DoorHttpRequest, DoorRequest, DoorWay } from './door.ts'

/** Doors of POST requests that call a model. */
export type DoorName = 'OpenAIChatCompletions'

/** Paths of each door, as clients of the contract build them, and as Bedrock has them. */
export const DOOR_PATHS: Readonly<Record<DoorName, readonly string[]>> = {
  OpenAIChatCompletions: ['/v1/chat/completions', '/openai/v1/chat/completions'],
}

const LOADERS: Readonly<Record<DoorName, () => Promise<Door>>> = {
  OpenAIChatCompletions: async () => (await import('./openai-chat/index.ts')).chatCompletions,
}

/** Loads a door with its first call, so that calls by Bedrock's own contract do not pay for it. */
export function loadDoor(name: DoorName): Promise<Door> {
  return LOADERS[name]()
}
