import { createBedrock } from '@bedrock-functions/runtime/bedrock'
import { readConfiguration, readJobsConfiguration } from '@bedrock-functions/runtime/configuration'
import { serve } from '@bedrock-functions/runtime/http'
import { createRoutes } from './routes.ts'

const configuration = readConfiguration(process.env)
const bedrock = createBedrock(configuration)
const jobs = readJobsConfiguration(process.env)

/**
 * Converse, InvokeModel, CountTokens, ApplyGuardrail and GET /models.
 *
 * Understands API Gateway (REST) and function-URL events, and direct ones: `{"operation": "Converse", "modelId": …}`.
 */
export const handler = awslambda.streamifyResponse(
  serve({ routes: createRoutes({ bedrock, configuration, jobs }), configuration }),
)
