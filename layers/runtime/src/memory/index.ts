export {
  ACTIVITY_HEADER,
  type ActivityLog,
  type ActivityRecord,
  type ActivityWish,
  createActivityLog,
  readActivityWish,
} from './activity-log.ts'
export { type Afterwards, createAfterwards, type PendingWork } from './afterwards.ts'
export { createMemory, type Memory } from './create-memory.ts'
export { type MemoryConfiguration, type MemoryMode, readMemoryConfiguration } from './memory-configuration.ts'
export { type CachedOutcome, createResponseCache, type ResponseCache } from './response-cache.ts'
export type { StoreLoader } from './store-loader.ts'
