import '../../core/index.ts'

export { isResponseId } from './ids.ts'
export { loadSealer, SECRET_KEY } from './load-sealer.ts'
export { INCLUDES, INNER_MEMBERS, ITEM_MEMBERS, PART_MEMBERS, REQUEST_MEMBERS, TOOL_MEMBERS } from './members.ts'
export type { FinishedResponse } from './response-form.ts'
export { createResponseStore, RESPONSES_PREFIX, type ResponseStore } from './response-store.ts'
export {
  createResponses,
  type ResponsesCall,
  type ResponsesDoor,
  type ResponsesRequest,
  type StoredContext,
} from './responses.ts'
export { createSealer, type Sealer } from './seal-reasoning.ts'
export { storeReply } from './store-reply.ts'
