import '@bedrock-functions/runtime/preload/follow-batch'
import {
  createBedrockJobs,
  type FollowResult,
  type FollowStep,
  followBatch,
} from '@bedrock-functions/runtime/batches/follow'
import { readJobsConfiguration, requireJobs } from '@bedrock-functions/runtime/core'
import { logger } from '@bedrock-functions/runtime/core/logging'
import { createEventSender } from '@bedrock-functions/runtime/jobs/worker'
import { createObjectStore } from '@bedrock-functions/runtime/object-store'
import { createPriceBook } from '@bedrock-functions/runtime/pipeline'
import { readUsageLedger } from '@bedrock-functions/runtime/pipeline/usage'
import type { Context } from 'aws-lambda'

const jobs = requireJobs(readJobsConfiguration(process.env))
const store = createObjectStore(jobs.bucket)
const dependencies = {
  configuration: jobs,
  store,
  events: createEventSender(jobs.eventBusName),
  prices: createPriceBook(),
  usageLedger: readUsageLedger(process.env, async () => store),
  bedrockJobs: createBedrockJobs({ store, roleArn: process.env.BATCH_SERVICE_ROLE ?? '' }),
}

/** State of the batch machine after a round: goes on with what is not answered, or ends the batch. */
export async function handler(step: FollowStep, context: Context): Promise<FollowResult> {
  logger.addContext(context)
  return followBatch(step, dependencies)
}
