export { type Afterwards, createAfterwards, type PendingWork } from '../../http/deferred-work.ts'
export {
  ACTIVITY_HEADER,
  type ActivityLog,
  type ActivityRecord,
  type ActivityWish,
  createActivityLog,
  readActivityWish,
} from '../activity/activity-log.ts'
export { createMemory, type Memory } from './create-memory.ts'
export { type MemoryConfiguration, type MemoryMode, readMemoryConfiguration } from './memory-configuration.ts'
export { type CachedOutcome, createResponseCache, type ResponseCache } from './response-cache.ts'
export type { StoreLoader } from './store-loader.ts'
