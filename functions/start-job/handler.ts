import { createBedrock } from '@bedrock-functions/runtime/bedrock'
import { readConfiguration, readJobsConfiguration, requireJobs } from '@bedrock-functions/runtime/core'
import { serve } from '@bedrock-functions/runtime/http'
import { createEventSender } from '@bedrock-functions/runtime/jobs/worker'
import { createIdResolver, isModelAllowed, readModelOptions } from '@bedrock-functions/runtime/models'
import { createObjectStore } from '@bedrock-functions/runtime/object-store'
import { readContentOptions } from '@bedrock-functions/runtime/pipeline/admission'
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
  events: createEventSender(jobs.eventBusName),
}
const serveRequest = serve({ routes: createRoutes(dependencies), configuration })

/**
 * StartAsyncInvoke and POST /uploads; objects under inbox/ and "Inference Requested" events.
 *
 * Understands API Gateway (REST), function-URL and direct events (`{"operation": "StartAsyncInvoke", …}`), S3's events
 * through EventBridge and S3's own notifications.
 */
export const handler = awslambda.streamifyResponse(async (event, responseStream, context) => {
  const triggers = readTriggers(event)
  if (!triggers) return serveRequest(event, responseStream, context)
  await runTriggers(triggers, context, dependencies)
  responseStream.write('{}')
  responseStream.end()
})
