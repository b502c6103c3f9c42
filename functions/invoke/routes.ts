import {
  type Bedrock,
  clientRetries,
  countTries,
  describeAttempts,
  OPERATIONS,
  type OperationName,
  pickReplyHeaders,
  toBedrockRequest,
} from '@bedrock-functions/runtime/bedrock'
import type { Configuration, JobsConfiguration } from '@bedrock-functions/runtime/core'
import { type Route, readPreference } from '@bedrock-functions/runtime/http'
import { respondAsync } from '@bedrock-functions/runtime/jobs/respond-async'
import { prependMember, readJsonIfAny } from '@bedrock-functions/runtime/json'
import { createIdResolver, isModelAllowed, type ModelResolverOptions } from '@bedrock-functions/runtime/models'
import { ESTIMATED_COST, type Pipeline, type PriceBook, type StoreLoader } from '@bedrock-functions/runtime/pipeline'
import type { InputLocations } from '@bedrock-functions/runtime/pipeline/admission'
import { createCountTokensRoute } from './count-tokens-route.ts'
import { createDoorRoutes } from './door-routes.ts'
import { createEstimateRoute } from './estimate-route.ts'
import { createModelRoutes } from './model-routes.ts'
import { createUsageRoutes, type UsageDependencies } from './usage-routes.ts'

export interface InvokeDependencies {
  readonly bedrock: Bedrock
  readonly configuration: Pick<Configuration, 'allowedModels'>
  readonly pipeline: Pipeline
  readonly prices: PriceBook
  /** S3 objects that a request may name. */
  readonly inputLocations: InputLocations
  /** Rules that resolve callers' model ids. */
  readonly models: Pick<ModelResolverOptions, 'region' | 'residency' | 'aliases'>
  /** Store of the stack's bucket; undefined if responses are not stored. */
  readonly loadStore?: StoreLoader | undefined
  /** Undefined if the stack has no jobs. Then `Prefer: respond-async` is ignored. */
  readonly jobs?: (JobsConfiguration & { readonly loadStore: StoreLoader }) | undefined
  readonly usage?: UsageDependencies
}

export function createRoutes(dependencies: InvokeDependencies): Route[] {
  const { models, configuration, usage = { loadTable: undefined, operators: [] } } = dependencies
  const { allowedModels } = configuration
  const isAllowed = (modelId: string) => isModelAllowed(modelId, allowedModels)
  const resolveId = createIdResolver({ ...models, isAllowed })
  const counting = { ...dependencies, allowedModels, resolveModelId: (id: string) => resolveId(id).modelId }
  const countTokens = createCountTokensRoute(counting)
  const describing = { ...models, isAllowed, resolveId }
  return [
    createModelRoute('Converse', dependencies),
    createModelRoute('InvokeModel', dependencies),
    countTokens,
    createPlainRoute('ApplyGuardrail', dependencies),
    createPlainRoute('InvokeGuardrailChecks', dependencies),
    createEstimateRoute(counting),
    ...createModelRoutes(describing),
    ...createUsageRoutes(usage),
    ...createDoorRoutes({ ...dependencies, ...describing, countTokens }),
  ]
}

/** Creates a route that calls a model through the pipeline, or as a job if the caller prefers that. */
function createModelRoute(
  operation: 'Converse' | 'InvokeModel',
  { pipeline, jobs }: Pick<InvokeDependencies, 'pipeline' | 'jobs'>,
): Route {
  return {
    operation,
    ...OPERATIONS[operation],
    async handle({ request, labels, facts, ...options }) {
      const { headers, body, caller } = request
      const asked = { operation, modelId: labels.modelId ?? '', headers, body, caller, replyHeaders: {} }
      const preference = readPreference(headers.prefer)
      if (preference && jobs) {
        const call = await pipeline.resolve(asked, facts)
        const { loadStore } = jobs
        const reply = await respondAsync(call, {
          ...options,
          preference,
          facts,
          source: request.source,
          jobs,
          loadStore,
        })
        return { ...reply, headers: { ...call.replyHeaders, ...reply.headers } }
      }
      const { reply, cost } = await pipeline.answer(asked, { ...options, facts, retry: !clientRetries(headers) })
      if (request.source !== 'direct') return reply
      // The answer to a direct event has no headers, so the cost goes into the body.
      return { ...reply, body: prependMember(reply.body, ESTIMATED_COST, JSON.stringify(cost)) }
    },
  }
}

/** Creates a route that passes the caller's bytes to Bedrock and Bedrock's bytes to the caller. */
function createPlainRoute(
  operation: Extract<OperationName, 'ApplyGuardrail' | 'InvokeGuardrailChecks'>,
  { bedrock }: Pick<InvokeDependencies, 'bedrock'>,
): Route {
  return {
    operation,
    ...OPERATIONS[operation],
    async handle({ request, labels, signal, facts }) {
      const { headers, body } = request
      // Throws for a document that is nested too deeply.
      readJsonIfAny(body)
      const reply = await bedrock.send(toBedrockRequest(OPERATIONS[operation], { labels, headers, body }), {
        signal,
        retry: !clientRetries(headers),
        onTry: countTries(facts),
      })
      Object.assign(facts, describeAttempts(reply))
      return { ...reply, headers: pickReplyHeaders(reply.headers) }
    },
  }
}
