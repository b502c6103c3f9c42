import { createBedrock } from '@bedrock-functions/runtime/bedrock'
import { readConfiguration, readJobsConfiguration } from '@bedrock-functions/runtime/core'
import { serve } from '@bedrock-functions/runtime/http'
import { readModelOptions } from '@bedrock-functions/runtime/models'
import {
  createCostMeter,
  createLocationCheck,
  createMemory,
  createPriceBook,
  readCallPipeline,
  readContentOptions,
  readMemoryConfiguration,
} from '@bedrock-functions/runtime/pipeline'
import { createRoutes } from './routes.ts'

const configuration = readConfiguration(process.env)
const prices = createPriceBook({ region: process.env.AWS_REGION })
const dependencies = {
  bedrock: createBedrock(configuration),
  configuration,
  pipeline: readCallPipeline(process.env, configuration),
  prices,
  meter: createCostMeter(prices),
  memory: createMemory(readMemoryConfiguration(process.env)),
  models: readModelOptions(process.env),
  checkLocations: createLocationCheck(readContentOptions(process.env)),
  jobs: readJobsConfiguration(process.env),
}

/**
 * Converse, InvokeModel, CountTokens, ApplyGuardrail, InvokeGuardrailChecks, estimates of cost and the catalogue of models.
 *
 * Understands API Gateway (REST) and function-URL events, and direct ones: `{"operation": "Converse", "modelId": …}`.
 */
export const handler = awslambda.streamifyResponse(serve({ routes: createRoutes(dependencies), configuration }))
