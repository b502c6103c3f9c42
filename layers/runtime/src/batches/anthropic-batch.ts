import { type Batch, countsOf, expirationOf, statusOfBatch } from './describe-batch.ts'

const PREFIX = 'msgbatch_'

/**
 * Writes a batch as Anthropic's contract has it. Source: Anthropic API Reference, "Message Batches".
 *
 * @param resultsUrl address of the results; null while there are none
 */
export function toAnthropicBatch(batch: Batch, resultsUrl: string | null): Record<string, unknown> {
  const { request, end } = batch
  const status = statusOfBatch(batch)
  const { totalRecordCount, processedRecordCount, successRecordCount, errorRecordCount } =
    end?.counts ?? batch.counts ?? countsOf(request.records ?? 0, 0, 0)
  const open = totalRecordCount - processedRecordCount
  return {
    id: PREFIX + request.id,
    type: 'message_batch',
    processing_status: end ? 'ended' : status === 'Stopping' ? 'canceling' : 'in_progress',
    request_counts: {
      // While a batch runs, Anthropic counts all its requests as processing.
      processing: end ? 0 : totalRecordCount,
      succeeded: end ? successRecordCount : 0,
      errored: end ? errorRecordCount : 0,
      canceled: end?.status === 'Stopped' ? open : 0,
      expired: end?.status === 'PartiallyCompleted' ? open : 0,
    },
    ended_at: end?.endTime ?? null,
    created_at: request.submitTime,
    expires_at: new Date(expirationOf(request)).toISOString(),
    archived_at: null,
    cancel_initiated_at: null,
    results_url: end ? resultsUrl : null,
  }
}

/** @returns the id of a batch in the store; the text itself where it is none of Anthropic's contract */
export function readAnthropicBatchId(text: string): string {
  return text.startsWith(PREFIX) ? text.slice(PREFIX.length) : text
}

export function anthropicBatchId(id: string): string {
  return PREFIX + id
}
