export interface TokenBucket {
  /** Takes a token; false: the bucket is empty. `now` is in milliseconds from any start. */
  take(now: number): boolean
}

/**
 * `burst` requests at once, and from then on as many a second as flow in: how API Gateway throttles.
 * Source: API Gateway developer guide, "Throttle requests to your REST APIs".
 */
export function createTokenBucket(requestsPerSecond: number, burst: number): TokenBucket {
  let tokens = burst
  let filledAt: number | undefined
  return {
    take(now) {
      tokens = Math.min(burst, tokens + (Math.max(0, now - (filledAt ?? now)) / 1000) * requestsPerSecond)
      filledAt = now
      if (tokens < 1) return false
      tokens -= 1
      return true
    },
  }
}
