export { logger } from './logger.ts'
export { metrics } from './metrics.ts'
export { type CallRecord, recordCall } from './record-call.ts'
export { traceCall } from './trace-call.ts'
