import {
  type Bedrock,
  describeWay,
  foundationModelId,
  isModelAllowed,
  OPERATIONS,
  type OperationName,
  passedOn,
  readUsage,
  retriesByItself,
  toBedrockRequest,
} from '@bedrock-functions/runtime/bedrock'
import { listModels } from '@bedrock-functions/runtime/catalogue'
import type { Configuration, JobsConfiguration } from '@bedrock-functions/runtime/configuration'
import type { Call, Route } from '@bedrock-functions/runtime/http'
import { readPreference, respondAsync } from '@bedrock-functions/runtime/respond-async'

export interface InvokeDependencies {
  readonly bedrock: Bedrock
  readonly configuration: Configuration
  /** Undefined where the stack has no jobs: then a preference for one is not heeded. */
  readonly jobs?: JobsConfiguration | undefined
}

/** Operations that a caller may prefer to have run as a job. */
const JOB_KINDS = { Converse: 'converse', InvokeModel: 'invoke' } as const

export function createRoutes(dependencies: InvokeDependencies): Route[] {
  const operations = Object.keys(OPERATIONS) as OperationName[]
  return [
    ...operations.map((operation) => createBedrockRoute(operation, dependencies)),
    createModelsRoute(dependencies),
  ]
}

/** A route that hands the caller's bytes to Bedrock and Bedrock's bytes to the caller. */
function createBedrockRoute(operation: OperationName, { bedrock, configuration, jobs }: InvokeDependencies): Route {
  return {
    operation,
    ...OPERATIONS[operation],
    async handle(call) {
      const preference = operation in JOB_KINDS ? readPreference(call.request.headers.prefer) : undefined
      if (preference && jobs) {
        const kind = JOB_KINDS[operation as keyof typeof JOB_KINDS]
        return respondAsync(call, kind, preference, { configuration, jobs })
      }
      const changedLabels = operation === 'CountTokens' ? namingFoundationModel : undefined
      const reply = await bedrock.send(toBedrockRequest(call, OPERATIONS[operation], configuration, changedLabels), {
        signal: call.signal,
        retry: !retriesByItself(call.request),
      })
      Object.assign(call.facts, describeWay(reply), readUsage(operation, reply))
      return { ...reply, headers: passedOn(reply.headers) }
    },
  }
}

/** Bedrock counts tokens for foundation models only; a caller names the inference profile that it will call. */
function namingFoundationModel({ modelId = '', ...others }: Call['labels']): Call['labels'] {
  return { ...others, modelId: foundationModelId(modelId) }
}

function createModelsRoute({ configuration }: InvokeDependencies): Route {
  return {
    operation: 'ListModels',
    method: 'GET',
    path: '/models',
    async handle() {
      const catalogue = await listModels((modelId) => isModelAllowed(modelId, configuration.allowedModels))
      return {
        statusCode: 200,
        headers: { 'content-type': 'application/json' },
        body: new TextEncoder().encode(JSON.stringify(catalogue)),
      }
    },
  }
}
