import { type ActivityLog, createActivityLog } from '../activity/activity-log.ts'
import type { MemoryConfiguration } from './memory-configuration.ts'
import { createResponseCache, type ResponseCache } from './response-cache.ts'
import { loadStoreOnce } from './store-loader.ts'

/** What a stack keeps of its calls, in one bucket. */
export interface Memory {
  readonly responseCache: ResponseCache
  readonly activityLog: ActivityLog
}

export function createMemory(configuration: MemoryConfiguration): Memory {
  // Without a bucket both are off, and nobody asks for one.
  const loadStore = loadStoreOnce(configuration.bucket ?? '')
  return {
    responseCache: createResponseCache({ configuration, loadStore }),
    activityLog: createActivityLog({ configuration, loadStore }),
  }
}
