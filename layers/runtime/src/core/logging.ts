export { logger } from './logger.ts'
export { type CallRecord, recordCall } from './record-call.ts'
export { recordSweep } from './record-sweep.ts'
export { traceCall } from './trace-call.ts'
