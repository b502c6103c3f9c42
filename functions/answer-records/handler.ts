import '@bedrock-functions/runtime/preload/answer-records'
import {
  type AnswerReport,
  answerRecords,
  type BatchItem,
  type BatchName,
  type RecordCall,
} from '@bedrock-functions/runtime/batches/worker'
import { createBedrock } from '@bedrock-functions/runtime/bedrock'
import { readConfiguration, readJobsConfiguration, requireJobs } from '@bedrock-functions/runtime/core'
import { logger, recordCall } from '@bedrock-functions/runtime/core/logging'
import { createObjectStore } from '@bedrock-functions/runtime/object-store'
import { readPipeline } from '@bedrock-functions/runtime/pipeline'
import type { Context } from 'aws-lambda'

const configuration = readConfiguration(process.env)
const jobs = requireJobs(readJobsConfiguration(process.env))
const dependencies = {
  pipeline: readPipeline(process.env, configuration, createBedrock(configuration)),
  store: createObjectStore(jobs.bucket),
  bedrockDoors: configuration.bedrockDoors,
  tokensPerMinute: Number(process.env.BATCH_TOKENS_PER_MINUTE ?? 0),
  concurrency: Number(process.env.BATCH_CONCURRENCY ?? 1),
}

type AnswerEvent = BatchName & { readonly item: BatchItem }

/** Worker of the map of the batch machine: answers the records of one item. */
export async function handler({ owner, id, item }: AnswerEvent, context: Context): Promise<AnswerReport> {
  logger.addContext(context)
  const invocation = { remainingMs: () => context.getRemainingTimeInMillis(), onCall: record }
  return answerRecords({ owner, id }, item, invocation, dependencies)
}

function record({ request, durationMs, facts, error }: RecordCall): void {
  const { id, modelId, type, format, caller } = request
  recordCall({
    operation: 'AnswerRecord',
    statusCode: error?.statusCode ?? 200,
    durationMs,
    // A record of another contract names its own model, which is among the facts.
    facts: { batchId: id, ...(modelId !== '' && { modelId }), kind: format ?? type, caller, ...facts },
    ...(error && { errorType: error.name }),
  })
}
