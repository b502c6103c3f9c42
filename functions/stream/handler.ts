import { createBedrock } from '@bedrock-functions/runtime/bedrock'
import { readConfiguration } from '@bedrock-functions/runtime/core'
import { serve } from '@bedrock-functions/runtime/http'
import {
  createCostMeter,
  createMemory,
  createPriceBook,
  readCallPipeline,
  readMemoryConfiguration,
} from '@bedrock-functions/runtime/pipeline'
import { createRoutes } from './routes.ts'

const configuration = readConfiguration(process.env)
const dependencies = {
  bedrock: createBedrock(configuration),
  configuration,
  pipeline: readCallPipeline(process.env, configuration),
  meter: createCostMeter(createPriceBook({ region: process.env.AWS_REGION })),
  memory: createMemory(readMemoryConfiguration(process.env)),
}

/** ConverseStream and InvokeModelWithResponseStream, as Bedrock's frames or as server-sent events. */
export const handler = awslambda.streamifyResponse(serve({ routes: createRoutes(dependencies), configuration }))
