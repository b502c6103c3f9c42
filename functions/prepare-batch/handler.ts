import '@bedrock-functions/runtime/preload/prepare-batch'
import { parseBatchKey } from '@bedrock-functions/runtime/batches'
import { type BatchStep, prepareBatch, readBatchQuotas } from '@bedrock-functions/runtime/batches/prepare'
import { BedrockError, readJobsConfiguration, requireJobs } from '@bedrock-functions/runtime/core'
import { logger } from '@bedrock-functions/runtime/core/logging'
import { createEventSender } from '@bedrock-functions/runtime/jobs/worker'
import { createObjectStore } from '@bedrock-functions/runtime/object-store'
import { createPriceBook } from '@bedrock-functions/runtime/pipeline'
import { readBudgetGate, readTableLoader } from '@bedrock-functions/runtime/pipeline/usage'
import type { Context } from 'aws-lambda'

const jobs = requireJobs(readJobsConfiguration(process.env))
const prices = createPriceBook()
const dependencies = {
  configuration: jobs,
  store: createObjectStore(jobs.bucket),
  events: createEventSender(jobs.eventBusName),
  prices,
  budgetGate: readBudgetGate(process.env, readTableLoader(process.env), prices),
  demanded: process.env.GUARDRAIL_IDENTIFIER
    ? 'guardrail'
    : process.env.CALLER_PROJECTS
      ? 'project of the caller'
      : undefined,
  readQuotas: (modelId: string) =>
    readBatchQuotas(modelId, (error) => {
      logger.warn('the quotas of Bedrock could not be read', { errorType: (error as Error).name })
    }),
}

/** Input of the first state: the key of a batch's request, from the event of S3 or of the sweep. */
interface PrepareEvent {
  readonly key: string
  /** ARN of the execution. */
  readonly execution: string
}

/** First state of the batch machine: checks the input of a batch and plans how it is answered. */
export async function handler({ key, execution }: PrepareEvent, context: Context): Promise<BatchStep> {
  logger.addContext(context)
  const name = parseBatchKey(key)
  if (name?.document !== 'request.json') {
    throw new BedrockError('ValidationException', 'The event does not name the request of a batch of this stack.')
  }
  return prepareBatch({ owner: name.owner, id: name.id }, execution, dependencies)
}
