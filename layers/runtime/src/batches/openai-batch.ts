import type { BatchStatus } from './batch.ts'
import type { Batch } from './describe-batch.ts'
import { countsOf, expirationOf, statusOfBatch } from './describe-batch.ts'
import { OPENAI_ENDPOINT } from './read-record.ts'

const PREFIX = 'batch_'

/** Files of a batch's answers, by their identifiers. */
const OUTPUTS = { output: 'out', errors: 'err' } as const

/** Source: OpenAI API Reference, "The batch object", `status`. */
const STATUSES: Readonly<Record<BatchStatus, string>> = {
  Submitted: 'validating',
  Validating: 'validating',
  Scheduled: 'in_progress',
  InProgress: 'in_progress',
  Stopping: 'cancelling',
  Stopped: 'cancelled',
  Completed: 'completed',
  PartiallyCompleted: 'expired',
  Expired: 'expired',
  Failed: 'failed',
}

/** Writes a batch as OpenAI's contract has it. Times are seconds since 1970. */
export function toOpenAiBatch(batch: Batch): Record<string, unknown> {
  const { request, plan, end } = batch
  const status = STATUSES[statusOfBatch(batch)]
  const counts = end?.counts ?? batch.counts ?? countsOf(0, 0, 0)
  const endedAt = end ? toSeconds(end.endTime) : null
  const at = (name: string) => (status === name ? endedAt : null)
  const hasOutputs = end?.counts !== undefined
  // Records that expired have lines in the file of errors, but are no errors of the model.
  const hasErrors = hasOutputs && (counts.errorRecordCount > 0 || status === 'expired')
  return {
    id: PREFIX + request.id,
    object: 'batch',
    endpoint: OPENAI_ENDPOINT,
    errors:
      end?.status === 'Failed'
        ? { object: 'list', data: [{ code: 'invalid_request', message: end.message ?? '', line: null, param: null }] }
        : null,
    input_file_id: request.askedInput ?? '',
    completion_window: '24h',
    status,
    output_file_id: hasOutputs ? outputFileId(request.id, 'output') : null,
    error_file_id: hasErrors ? outputFileId(request.id, 'errors') : null,
    created_at: toSeconds(request.submitTime),
    in_progress_at: plan ? toSeconds(plan.plannedAt) : null,
    expires_at: Math.floor(expirationOf(request) / 1000),
    finalizing_at: null,
    completed_at: at('completed'),
    failed_at: at('failed'),
    expired_at: at('expired'),
    cancelling_at: null,
    cancelled_at: at('cancelled'),
    request_counts: {
      total: counts.totalRecordCount,
      completed: counts.successRecordCount,
      failed: counts.errorRecordCount,
    },
    metadata: request.metadata ?? null,
  }
}

/** @returns the id of a batch in the store; the text itself where it is none of OpenAI's contract */
export function readOpenAiBatchId(text: string): string {
  return text.startsWith(PREFIX) ? text.slice(PREFIX.length) : text
}

function outputFileId(id: string, kind: keyof typeof OUTPUTS): string {
  return `file-${id}-${kind}`
}

/** @returns the batch and the ending of the file with its answers; undefined for any other id of a file */
export function readOutputFileId(fileId: string): { readonly id: string; readonly ending: string } | undefined {
  const { id, kind } = /^file-(?<id>[a-z0-9]{12})-(?<kind>output|errors)$/.exec(fileId)?.groups ?? {}
  return id === undefined ? undefined : { id, ending: OUTPUTS[kind as keyof typeof OUTPUTS] }
}

function toSeconds(time: string): number {
  return Math.floor(Date.parse(time) / 1000)
}
