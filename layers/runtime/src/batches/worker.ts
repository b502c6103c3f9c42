import '../core/index.ts'

export { type AnswerReport, answerRecords, type RecordCall } from './answer-records.ts'
export type { BatchItem, BatchName } from './batch.ts'
