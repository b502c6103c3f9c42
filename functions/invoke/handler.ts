import '@bedrock-functions/runtime/preload/invoke'
import { createBedrock } from '@bedrock-functions/runtime/bedrock'
import { readConfiguration, readJobsConfiguration } from '@bedrock-functions/runtime/core'
import { serveEvent, serveHttp } from '@bedrock-functions/runtime/http'
import { readModelOptions } from '@bedrock-functions/runtime/models'
import { createPriceBook, createStoreLoader, readPipeline } from '@bedrock-functions/runtime/pipeline'
import { readContentOptions } from '@bedrock-functions/runtime/pipeline/admission'
import { readTableLoader, readUsageOperators } from '@bedrock-functions/runtime/pipeline/usage'
import { createConsoleRoute, findUploadOrigin } from './console-route.ts'
import { createRoutes } from './routes.ts'

const configuration = readConfiguration(process.env)
const bedrock = createBedrock(configuration)
const jobs = readJobsConfiguration(process.env)
const models = readModelOptions(process.env)
const dependencies = {
  bedrock,
  configuration,
  models,
  pipeline: readPipeline(process.env, configuration, bedrock),
  prices: createPriceBook({ region: models.region }),
  inputLocations: readContentOptions(process.env),
  loadStore: jobs && configuration.storesResponses ? createStoreLoader(jobs.bucket) : undefined,
  jobs: jobs && { ...jobs, loadStore: createStoreLoader(jobs.bucket) },
  usage: { loadTable: readTableLoader(process.env), operators: readUsageOperators(process.env) },
}

const served = { routes: createRoutes(dependencies), configuration }

/**
 * HTTP handler of Converse, InvokeModel, CountTokens, ApplyGuardrail, InvokeGuardrailChecks, cost estimates, model lists and
 * the usage of callers.
 */
export const handler = awslambda.streamifyResponse(
  serveHttp({
    ...served,
    routes: [...served.routes, createConsoleRoute(findUploadOrigin(process.env))],
    eventFunction: 'InvokeEventFunction',
  }),
)

/** Handler of the same operations for direct events: `{"operation": "Converse", "modelId": …}`. */
export const eventHandler = serveEvent({ ...served, httpFunction: 'InvokeFunction' })
