import '@bedrock-functions/runtime/preload/stream'
import { createBedrock } from '@bedrock-functions/runtime/bedrock'
import { readConfiguration, readJobsConfiguration } from '@bedrock-functions/runtime/core'
import { serveHttp } from '@bedrock-functions/runtime/http'
import { createStoreLoader, readPipeline } from '@bedrock-functions/runtime/pipeline'
import { createRoutes } from './routes.ts'

const configuration = readConfiguration(process.env)
const pipeline = readPipeline(process.env, configuration, createBedrock(configuration))

const jobs = readJobsConfiguration(process.env)
const loadStore = jobs && createStoreLoader(jobs.bucket)

/**
 * HTTP handler of ConverseStream and InvokeModelWithResponseStream, as Bedrock's frames or as server-sent events. Direct
 * events have no handler, since their answers cannot stream.
 */
export const handler = awslambda.streamifyResponse(
  serveHttp({
    routes: createRoutes({ configuration, pipeline, loadStore, jobs }),
    configuration,
    eventFunction: 'InvokeEventFunction',
  }),
)
