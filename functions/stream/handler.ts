import { createBedrock } from '@bedrock-functions/runtime/bedrock'
import { readConfiguration } from '@bedrock-functions/runtime/core'
import { serve } from '@bedrock-functions/runtime/http'
import { readPipeline } from '@bedrock-functions/runtime/pipeline'
import { createRoutes } from './routes.ts'

const configuration = readConfiguration(process.env)
const pipeline = readPipeline(process.env, configuration, createBedrock(configuration))

/** ConverseStream and InvokeModelWithResponseStream, as Bedrock's frames or as server-sent events. */
export const handler = awslambda.streamifyResponse(
  serve({ routes: createRoutes({ configuration, pipeline }), configuration }),
)
