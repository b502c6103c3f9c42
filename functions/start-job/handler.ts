import '@bedrock-functions/runtime/preload/start-job'
import { createBedrock } from '@bedrock-functions/runtime/bedrock'
import { readConfiguration, readJobsConfiguration, requireJobs } from '@bedrock-functions/runtime/core'
import { serveEvent, serveHttp } from '@bedrock-functions/runtime/http'
import { createEventSenderLoader } from '@bedrock-functions/runtime/jobs/start'
import { createIdResolver, isModelAllowed, readModelOptions } from '@bedrock-functions/runtime/models'
import { createObjectStore } from '@bedrock-functions/runtime/object-store'
import { readContentOptions } from '@bedrock-functions/runtime/pipeline/admission'
import type { Context } from 'aws-lambda'
import { createRoutes } from './routes.ts'
import { readTriggers } from './triggers/read-triggers.ts'
import { runTriggers } from './triggers/run-triggers.ts'

const configuration = readConfiguration(process.env)
const jobs = requireJobs(readJobsConfiguration(process.env))
const { allowedModels } = configuration
const isAllowed = (modelId: string) => isModelAllowed(modelId, allowedModels)
const resolveId = createIdResolver({ ...readModelOptions(process.env), isAllowed })
const dependencies = {
  resolveModelId: (name: string) => resolveId(name).modelId,
  allowedModels,
  inputLocations: readContentOptions(process.env),
  jobs,
  bedrock: createBedrock(configuration),
  store: createObjectStore(jobs.bucket),
  loadEvents: createEventSenderLoader(jobs.eventBusName),
}
const served = { routes: createRoutes(dependencies), configuration }

/** HTTP handler of StartAsyncInvoke and POST /uploads. */
export const handler = awslambda.streamifyResponse(serveHttp({ ...served, eventFunction: 'StartJobEventFunction' }))

const serveDirectEvent = serveEvent({ ...served, httpFunction: 'StartJobFunction' })

/**
 * Handler of direct events (`{"operation": "StartAsyncInvoke", …}`), of objects under inbox/ (S3 events from EventBridge, and
 * S3 event notifications), and of "Inference Requested" events.
 */
export async function eventHandler(event: unknown, context: Context): Promise<unknown> {
  const triggers = readTriggers(event)
  if (!triggers) return serveDirectEvent(event, context)
  await runTriggers(triggers, context, dependencies)
  return {}
}
