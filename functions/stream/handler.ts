import { createBedrock } from '@bedrock-functions/runtime/bedrock'
import { readConfiguration } from '@bedrock-functions/runtime/configuration'
import { serve } from '@bedrock-functions/runtime/http'
import { createRoutes } from './routes.ts'

const configuration = readConfiguration(process.env)
const bedrock = createBedrock(configuration)

/** ConverseStream and InvokeModelWithResponseStream, as Bedrock's frames or as server-sent events. */
export const handler = awslambda.streamifyResponse(
  serve({ routes: createRoutes({ bedrock, configuration }), configuration }),
)
