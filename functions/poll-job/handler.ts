import { createBedrock } from '@bedrock-functions/runtime/bedrock'
import { readConfiguration, readJobsConfiguration, requireJobs } from '@bedrock-functions/runtime/core'
import { serve } from '@bedrock-functions/runtime/http'
import { createEventSenderLoader } from '@bedrock-functions/runtime/jobs'
import { createObjectStore } from '@bedrock-functions/runtime/object-store'
import { createRoutes } from './routes.ts'

const configuration = readConfiguration(process.env)
const jobs = requireJobs(readJobsConfiguration(process.env))
const dependencies = {
  configuration: jobs,
  bedrock: createBedrock(configuration),
  store: createObjectStore(jobs.bucket),
  loadEvents: createEventSenderLoader(jobs.eventBusName),
}

/** GetAsyncInvoke and ListAsyncInvokes; API Gateway (REST), function-URL and direct events. */
export const handler = awslambda.streamifyResponse(serve({ routes: createRoutes(dependencies), configuration }))
