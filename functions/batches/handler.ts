import '@bedrock-functions/runtime/preload/batches'
import { readConfiguration, readJobsConfiguration, requireJobs } from '@bedrock-functions/runtime/core'
import { serveHttp } from '@bedrock-functions/runtime/http'
import { createIdResolver, isModelAllowed, readModelOptions } from '@bedrock-functions/runtime/models'
import { createObjectStore } from '@bedrock-functions/runtime/object-store'
import { readContentOptions } from '@bedrock-functions/runtime/pipeline/admission'
import { createRoutes } from './routes.ts'

const configuration = readConfiguration(process.env)
const jobs = requireJobs(readJobsConfiguration(process.env))
const { allowedModels } = configuration
const resolveId = createIdResolver({
  ...readModelOptions(process.env),
  isAllowed: (modelId: string) => isModelAllowed(modelId, allowedModels),
})
const routes = createRoutes({
  resolveModelId: (name) => resolveId(name).modelId,
  allowedModels,
  inputLocations: readContentOptions(process.env),
  jobs,
  store: createObjectStore(jobs.bucket),
})

/** HTTP handler of CreateModelInvocationJob, GetModelInvocationJob, ListModelInvocationJobs and StopModelInvocationJob. */
export const handler = awslambda.streamifyResponse(serveHttp({ routes, configuration }))
