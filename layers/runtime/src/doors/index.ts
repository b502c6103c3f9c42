import '../core/index.ts'
import type { DoorOperation } from '../core/model-call.ts'
import type { StoreLoader } from '../core/store-loader.ts'
import type { Door } from './door.ts'
import { isBedrockResponseId } from './openai-responses/ids.ts'
import type { ResponseStore, ResponsesDoor, storeReply } from './openai-responses/index.ts'

export { streamAnswer } from './answer-to-frames.ts'
export { chooseWay, type WayOptions } from './choose-ways.ts'
export type { Door, DoorCall, DoorHttpRequest, DoorRequest, DoorWay } from './door.ts'
export type { BackgroundResponse, FoundBackground, ResponseStore } from './openai-responses/response-store.ts'
export type { ResponsesCall, ResponsesRequest } from './openai-responses/responses.ts'
export { withProjectHeader } from './project-header.ts'
export { isBedrockResponseId }

/** Paths of each door, as clients of the contract build them, and as Bedrock has them. */
export const DOOR_PATHS: Readonly<Record<DoorOperation, readonly string[]>> = {
  AnthropicMessages: ['/v1/messages', '/anthropic/v1/messages'],
  OpenAIChatCompletions: ['/v1/chat/completions', '/openai/v1/chat/completions'],
  OpenAIResponses: ['/v1/responses', '/openai/v1/responses'],
}

/** Doors that keep nothing between two requests. */
export type StatelessDoor = Exclude<DoorOperation, 'OpenAIResponses'>

const LOADERS: Readonly<Record<StatelessDoor, () => Promise<Door>>> = {
  AnthropicMessages: async () => (await import('./anthropic/index.ts')).anthropicMessages,
  OpenAIChatCompletions: async () => (await import('./openai-chat/index.ts')).chatCompletions,
}

/** Loads a door with its first call, so that calls by Bedrock's own contract do not pay for it. */
export function loadDoor(name: StatelessDoor): Promise<Door> {
  return LOADERS[name]()
}

/** The Responses API, with what it keeps in the stack's bucket. */
export interface Responses {
  readonly door: ResponsesDoor
  /** Store of a caller's responses; undefined: nothing is stored. */
  storeOf(owner: string): Promise<ResponseStore | undefined>
  readonly storeReply: typeof storeReply
}

/**
 * Loads the Responses API.
 *
 * @param loadStore store of the stack's bucket, which has the secret that seals reasoning; undefined: the stack has none
 * @param hasStore true if responses are stored
 */
export async function loadResponses(loadStore: StoreLoader | undefined, hasStore: boolean): Promise<Responses> {
  const [{ createResponses, createResponseStore, loadSealer, storeReply }, store] = await Promise.all([
    import('./openai-responses/index.ts'),
    loadStore?.(),
  ])
  const sealer = store && (await loadSealer(store))
  return {
    door: createResponses({ hasStore: hasStore && store !== undefined, ...(sealer && { sealer }) }),
    storeOf: async (owner) => (hasStore && store ? createResponseStore(store, { owner }) : undefined),
    storeReply,
  }
}

/** Loads the store of a caller's responses, without the rest of the Responses API. */
export async function loadResponseStore(loadStore: StoreLoader, owner: string): Promise<ResponseStore> {
  const [{ createResponseStore }, store] = await Promise.all([
    import('./openai-responses/response-store.ts'),
    loadStore(),
  ])
  return createResponseStore(store, { owner })
}

/** Loads what the routes need that do not stream: embeddings, models, counts of tokens, and the errors of both contracts. */
export function loadOtherDoors(): Promise<typeof import('./other-doors.ts')> {
  return import('./other-doors.ts')
}
