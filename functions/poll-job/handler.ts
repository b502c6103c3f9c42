import '@bedrock-functions/runtime/preload/poll-job'
import { createBedrock } from '@bedrock-functions/runtime/bedrock'
import { readConfiguration, readJobsConfiguration, requireJobs } from '@bedrock-functions/runtime/core'
import { serveEvent, serveHttp } from '@bedrock-functions/runtime/http'
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

const served = { routes: createRoutes(dependencies), configuration }

/** HTTP handler of GetAsyncInvoke and ListAsyncInvokes. */
export const handler = awslambda.streamifyResponse(serveHttp({ ...served, eventFunction: 'PollJobEventFunction' }))

/** Handler of the same operations for direct events. */
export const eventHandler = serveEvent({ ...served, httpFunction: 'PollJobFunction' })
