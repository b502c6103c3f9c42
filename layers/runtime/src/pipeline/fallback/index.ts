export { callWithFallback, type FallbackCall } from './call-with-fallback.ts'
export { type FallbackChain, readFallbackChains } from './fallback-chains.ts'
export { createFallbackPlan, type FallbackPlan, type FallbackPlanOptions } from './plan-fallback.ts'
export { FALLBACK_HEADER, MOST_FALLBACKS } from './read-fallback-header.ts'
