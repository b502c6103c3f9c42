import { createBedrock } from '@bedrock-functions/runtime/bedrock'
import { readCallPipeline } from '@bedrock-functions/runtime/calls'
import { readConfiguration } from '@bedrock-functions/runtime/configuration'
import { createCostMeter, createPriceBook } from '@bedrock-functions/runtime/cost'
import { serve } from '@bedrock-functions/runtime/http'
import { createMemory, readMemoryConfiguration } from '@bedrock-functions/runtime/memory'
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
