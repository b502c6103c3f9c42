import { RestError } from '@bedrock-functions/runtime/core'
import { applyFault } from '../directives/apply-directives.ts'
import type { ServiceDependencies } from '../http/serve-requests.ts'
import { emulatorFailure } from '../messages.ts'
import { converse } from '../operations/converse.ts'
import { invokeModel } from '../operations/invoke-model.ts'
import type { OperationCall, WholeAnswer } from '../operations/operation.ts'
import { createPromptCache } from '../prompt-cache/prompt-cache.ts'
import type { BatchJob } from './batch-job.ts'
import { checkRecord } from './check-record.ts'
import type { BatchRecord } from './read-record.ts'
import { RECORD_OPERATION } from './record-operation.ts'

export interface RecordAnswer {
  /** Line of the output, with its line feed. */
  readonly line: Buffer
  readonly isError: boolean
  readonly inputTokens: number
  readonly outputTokens: number
}

/** Answers a record. Rejects with the signal's reason once it is aborted. */
export type AnswerRecord = (record: BatchRecord, job: BatchJob, signal: AbortSignal) => Promise<RecordAnswer>

/**
 * Creates the function that answers a record as InvokeModel or Converse answers its body, without a prompt cache.
 *
 * @param dependencies those of the server, which exist once it listens
 */
export function createAnswerRecord(
  dependencies: () => ServiceDependencies,
  onFailure: (error: unknown) => void,
): AnswerRecord {
  return async (record, job, signal) => {
    try {
      const { body, usage } = await answer(record, job, makeCall(record, job, signal, dependencies()))
      return {
        line: renderLine(record, 'modelOutput', body),
        isError: false,
        inputTokens: usage?.inputTokens ?? 0,
        outputTokens: usage?.outputTokens ?? 0,
      }
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof RestError)) onFailure(error)
      const { statusCode, message } = error instanceof RestError ? error : emulatorFailure()
      const line = renderLine(record, 'error', { errorCode: statusCode, errorMessage: message })
      return { line, isError: true, inputTokens: 0, outputTokens: 0 }
    }
  }
}

async function answer(record: BatchRecord, job: BatchJob, call: OperationCall): Promise<WholeAnswer> {
  const fault = call.faults.take(RECORD_OPERATION, job.modelId)
  const rest = fault && (await applyFault(fault, call))
  checkRecord(record.modelInput, job.modelInvocationType)
  const operation = job.modelInvocationType === 'Converse' ? converse : invokeModel
  return operation(rest ? { ...call, fault: rest } : call)
}

function makeCall(
  { modelInput }: BatchRecord,
  { modelId, modelInvocationType }: BatchJob,
  signal: AbortSignal,
  { onRequest: _, forwarding: _forwarding, bodyTime: _time, ...shared }: ServiceDependencies,
): OperationCall {
  const startedAt = performance.now()
  const action = modelInvocationType === 'Converse' ? 'converse' : 'invoke'
  return {
    ...shared,
    promptCache: createPromptCache(shared.clock),
    labels: { modelId },
    resource: modelId,
    path: `/model/${encodeURIComponent(modelId)}/${action}`,
    query: new URLSearchParams(),
    headers: { 'content-type': 'application/json' },
    body: modelInput,
    signal,
    elapsed: () => Math.max(1, Math.round(performance.now() - startedAt)),
  }
}

/** Copies the parts of the input as they were written. */
function renderLine({ recordId, modelInput }: BatchRecord, member: string, value: unknown): Buffer {
  return Buffer.concat([
    Buffer.from('{"recordId":'),
    recordId,
    Buffer.from(',"modelInput":'),
    modelInput,
    Buffer.from(`,"${member}":${JSON.stringify(value)}}\n`),
  ])
}
