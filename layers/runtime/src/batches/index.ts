import '../core/index.ts'

export {
  BATCH_ROUTES,
  BATCH_STATUSES,
  type BatchName,
  type BatchRoute,
  type BatchStatus,
  INVOCATION_TYPES,
} from './batch.ts'
export { type BatchOrder, createBatch } from './create-batch.ts'
export { arnOfBatch, type Batch, describeBatch, statusOfBatch } from './describe-batch.ts'
export { BATCH_PREFIXES, parseBatchKey } from './layout.ts'
export { type ListBatchesOptions, listBatches } from './list-batches.ts'
export { findBatch } from './read-batch.ts'
export { stopBatch } from './stop-batch.ts'
export { sweepBatches } from './sweep-batches.ts'
