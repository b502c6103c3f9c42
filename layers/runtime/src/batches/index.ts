import '../core/index.ts'

export { anthropicBatchId, readAnthropicBatchId, toAnthropicBatch } from './anthropic-batch.ts'
export {
  BATCH_ROUTES,
  BATCH_STATUSES,
  type BatchFormat,
  type BatchName,
  type BatchRoute,
  type BatchStatus,
  DEFAULT_TIMEOUT_HOURS,
  INVOCATION_TYPES,
} from './batch.ts'
export { type BatchOrder, createBatch } from './create-batch.ts'
export { arnOfBatch, type Batch, describeBatch, statusOfBatch } from './describe-batch.ts'
export { BATCH_PREFIXES, parseBatchKey } from './layout.ts'
export { type ListBatchesOptions, listBatches } from './list-batches.ts'
export { readOpenAiBatchId, readOutputFileId, toOpenAiBatch } from './openai-batch.ts'
export { outputOf } from './output-of.ts'
export { findBatch } from './read-batch.ts'
export { OPENAI_ENDPOINT } from './read-record.ts'
export { sniffInput } from './sniff-input.ts'
export { stopBatch } from './stop-batch.ts'
export { sweepBatches } from './sweep-batches.ts'
