import '../core/index.ts'

export { type BatchStep, prepareBatch } from './prepare-batch.ts'
export { readBatchQuotas } from './read-quotas.ts'
