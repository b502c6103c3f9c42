import type { BedrockRequest } from '../bedrock/bedrock-client.ts'
import { OPERATIONS, STREAM_OPERATIONS } from '../bedrock/operations.ts'
import { admitModel, passedOn } from '../bedrock/to-bedrock-request.ts'
import type { Configuration } from '../core/configuration.ts'
import type { CallStage, ModelCall } from '../core/model-call.ts'
import { createModelResolver } from '../models/create-model-resolver.ts'
import { createRefusalExplainer } from '../models/explain-refusal.ts'
import { isModelAllowed } from '../models/model-id.ts'
import type { ModelResolverOptions } from '../models/resolve-id.ts'
import type { FallbackChain } from './fallback/fallback-chains.ts'
import { createFallbackPlan, type FallbackPlan } from './fallback/plan-fallback.ts'
import { nameCaller } from './name-caller.ts'

export interface CallPipelineOptions {
  readonly configuration: Pick<Configuration, 'allowedModels'>
  /** How callers' model ids are read. */
  readonly models: Pick<ModelResolverOptions, 'region' | 'residency' | 'aliases'>
  /** Models to fall back to, as the operator has set them. */
  readonly chains: readonly FallbackChain[]
  /** What looks at a request's content, and may change it. */
  readonly content: CallStage
  /** The stack's guardrail; the last of all, so that nothing undoes it. Undefined where there is none. */
  readonly guardrail?: CallStage | undefined
}

/** The way of every call of a model, from what a caller asked for to what goes to Bedrock. */
export interface CallPipeline {
  /**
   * The call with a model that Bedrock can call and the stack allows.
   *
   * @throws BedrockError ValidationException, AccessDeniedException
   */
  resolve(call: ModelCall): Promise<ModelCall>
  /** The calls to make, the first choice first, each of them resolved so. */
  readonly plan: FallbackPlan
  /** One of them as it goes to Bedrock: looked at, with the caller's name and under the stack's guardrail. */
  prepare(call: ModelCall): Promise<ModelCall>
  /** What an error of Bedrock's is to its caller: a refusal of the model names what can be called instead. */
  explain(error: unknown, modelId: string): unknown
}

export function createCallPipeline(options: CallPipelineOptions): CallPipeline {
  const { configuration, content, guardrail = (call) => call } = options
  const models = {
    ...options.models,
    isAllowed: (modelId: string) => isModelAllowed(modelId, configuration.allowedModels),
  }
  const resolveModel = createModelResolver(models)
  const admit = (modelId: string) => admitModel(modelId, configuration)
  return {
    async resolve(call) {
      const resolved = await resolveModel(call)
      admit(resolved.modelId)
      return resolved
    },
    plan: createFallbackPlan({ chains: options.chains, resolve: resolveModel, admit }),
    async prepare(call) {
      const { operation } = call
      const looked = await content(call)
      return guardrail(nameCaller(looked, operationOf(operation).metadata, call.caller))
    },
    explain: createRefusalExplainer(models),
  }
}

/** The request that a prepared call is. */
export function toModelRequest({ operation, modelId, headers, body }: ModelCall): BedrockRequest {
  return {
    path: operationOf(operation).path.replace('{modelId}', encodeURIComponent(modelId)),
    headers: { 'content-type': 'application/json', ...passedOn(headers) },
    body,
  }
}

const MODEL_OPERATIONS = { ...OPERATIONS, ...STREAM_OPERATIONS }

function operationOf(operation: ModelCall['operation']) {
  return MODEL_OPERATIONS[operation]
}
