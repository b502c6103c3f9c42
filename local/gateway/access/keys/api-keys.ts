import type { UsagePlanModel } from '../../../template/model.ts'
import { invalidApiKey, quotaExceeded, throttled } from '../../gateway-fault.ts'
import type { LocalKey } from './key-file.ts'
import { createKeyLookup } from './key-lookup.ts'
import { createQuotaCounters } from './quota-counters.ts'
import { createTokenBucket, type TokenBucket } from './token-bucket.ts'

export interface ApiKeysOptions {
  /** Keys of npm run keys. */
  readonly keyFile: string
  /** Counters of requests. */
  readonly usageFile: string
  /** Usage plan; undefined: limits of the key itself, else no limits. */
  readonly plan: UsagePlanModel | undefined
  /** Milliseconds since 1970; Date.now by default. */
  readonly clock?: () => number
}

/** API Gateway's keys and their usage plan. */
export interface ApiKeys {
  /** Counts a request for its key. Throws the GatewayFault of a refused request. */
  admit(value: string | undefined): LocalKey
  close(): void
}

export function createApiKeys({ keyFile, usageFile, plan, clock = Date.now }: ApiKeysOptions): ApiKeys {
  const lookup = createKeyLookup(keyFile)
  const counters = createQuotaCounters(usageFile)
  const buckets = new Map<string, { readonly limits: string; readonly bucket: TokenBucket }>()

  /** Bucket of a key; undefined: its rate is not limited. A changed limit begins with a full bucket. */
  function bucketOf({ id, requestsPerSecond, burst }: LocalKey): TokenBucket | undefined {
    const rate = requestsPerSecond ?? plan?.throttle?.requestsPerSecond
    if (rate === undefined) return undefined
    const size = burst ?? plan?.throttle?.burst ?? Math.max(1, rate)
    const limits = `${rate} ${size}`
    const known = buckets.get(id)
    if (known?.limits === limits) return known.bucket
    const bucket = createTokenBucket(rate, size)
    buckets.set(id, { limits, bucket })
    return bucket
  }

  return {
    admit(value) {
      if (value === undefined) throw invalidApiKey('the request has no API key')
      const key = lookup.find(value)
      if (!key) throw invalidApiKey('there is no such API key')
      if (!key.enabled) throw invalidApiKey(`the API key ${key.name} is disabled`)
      // Throttled requests do not count.
      if (bucketOf(key)?.take(clock()) === false) throw throttled(`the API key ${key.name} is over its rate`)
      const quota = key.quota ?? plan?.quota?.requests
      const period = plan?.quota?.period ?? 'MONTH'
      if (quota !== undefined && !counters.take(key.id, quota, period, new Date(clock()))) {
        throw quotaExceeded(`the API key ${key.name} has used its quota of ${quota}`)
      }
      return key
    },
    close: () => counters.close(),
  }
}
