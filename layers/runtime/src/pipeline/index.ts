import '../core/index.ts'

export { countOrEstimate, countRequest, estimateCount, isUncountable, type TokenCount } from './cost/count-input.ts'
export { type CallEstimate, estimateCall } from './cost/estimate-call.ts'
export { costHeaders, type EstimatedCost } from './cost/estimate-cost.ts'
export { createPriceBook, type PriceBook } from './cost/price-book.ts'
export { type CallOptions, createPipeline, ESTIMATED_COST, type Pipeline } from './pipeline.ts'
export { readPipeline } from './read-pipeline.ts'
export { readStorageOptions } from './storage-options.ts'
