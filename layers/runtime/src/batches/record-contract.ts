import type { RestError } from '../core/errors.ts'
import type { Facts, Usage } from '../core/model-call.ts'
import type { EstimatedCost } from '../pipeline/cost/estimate-cost.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { BatchRequest } from './batch.ts'
import type { BatchRecord } from './read-record.ts'

/** A record of an item. */
export interface OpenRecord extends BatchRecord {
  /** Number in its file, from 0. */
  readonly index: number
}

export type RecordPipeline = Pick<Pipeline, 'answer' | 'answerJob' | 'resolve' | 'findProject' | 'hasGuardrail'>

export interface RecordCallOptions {
  readonly request: BatchRequest
  readonly signal: AbortSignal
  /** Facts for log and metrics. The call adds to them. */
  readonly facts: Facts
}

export interface RecordAnswer {
  /** JSON text. */
  readonly body: Uint8Array
  readonly usage: Usage
  readonly estimatedCost: EstimatedCost
}

/** How records of a contract are answered, and how the lines of its output look. Lines end with a line feed. */
export interface RecordContract {
  /** Calls the model once. Throws RestError; the signal's reason. */
  answer(record: OpenRecord, options: RecordCallOptions): Promise<RecordAnswer>
  successLine(record: OpenRecord, body: Uint8Array): Buffer
  errorLine(record: OpenRecord, error: RestError): Buffer
}

export interface ContractDependencies {
  readonly pipeline: RecordPipeline
  readonly bedrockDoors: boolean
}

/** A line feed outside of strings is white space, and inside of strings JSON escapes it. */
export function withoutLineFeeds(json: Uint8Array): Buffer {
  const bytes = Buffer.from(json)
  return bytes.includes(0x0a) ? Buffer.from(bytes.toString('latin1').replaceAll(/[\r\n]/g, ' '), 'latin1') : bytes
}
