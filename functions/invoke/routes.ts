import {
  type Bedrock,
  describeWay,
  OPERATIONS,
  type OperationName,
  passedOn,
  readUsage,
  retriesByItself,
  toBedrockRequest,
} from '@bedrock-functions/runtime/bedrock'
import type { Configuration, JobsConfiguration, ModelCall } from '@bedrock-functions/runtime/core'
import type { Call, Route } from '@bedrock-functions/runtime/http'
import { readPreference, respondAsync } from '@bedrock-functions/runtime/jobs/respond-async'
import { addMember } from '@bedrock-functions/runtime/json'
import {
  createIdResolver,
  createModelRoutes,
  isModelAllowed,
  type ModelResolverOptions,
} from '@bedrock-functions/runtime/models'
import type { LocationCheck, Memory } from '@bedrock-functions/runtime/pipeline'
import {
  type CallPipeline,
  type CostMeter,
  callWithFallback,
  costHeaders,
  createCountTokensRoute,
  createEstimateRoute,
  type EstimatedCost,
  type PriceBook,
  toModelRequest,
} from '@bedrock-functions/runtime/pipeline'
import { admittingLocations } from './admit-locations.ts'

export interface InvokeDependencies {
  readonly bedrock: Bedrock
  readonly configuration: Configuration
  readonly pipeline: CallPipeline
  readonly prices: PriceBook
  readonly meter: CostMeter
  readonly memory: Memory
  /** Whether a request may name the objects that it names. */
  readonly checkLocations: LocationCheck
  /** How callers' model ids are read. */
  readonly models: Pick<ModelResolverOptions, 'region' | 'residency' | 'aliases'>
  /** Undefined where the stack has no jobs: then a preference for one is not heeded. */
  readonly jobs?: JobsConfiguration | undefined
}

type ModelOperationName = 'Converse' | 'InvokeModel'

/** As which kind of job each would run. */
const JOB_KINDS = { Converse: 'converse', InvokeModel: 'invoke' } as const

export function createRoutes(dependencies: InvokeDependencies): Route[] {
  const { configuration, models, checkLocations } = dependencies
  const isAllowed = (modelId: string) => isModelAllowed(modelId, configuration.allowedModels)
  const resolveId = createIdResolver({ ...models, isAllowed })
  const counting = { ...dependencies, resolveModelId: (id: string) => resolveId(id).modelId }
  const { CountTokens: _, Converse: __, InvokeModel: ___, ...others } = OPERATIONS
  return [
    createModelRoute('Converse', dependencies),
    createModelRoute('InvokeModel', dependencies),
    admittingLocations(createCountTokensRoute(counting), checkLocations),
    ...(Object.keys(others) as (keyof typeof others)[]).map((operation) => createPlainRoute(operation, dependencies)),
    admittingLocations(createEstimateRoute(counting), checkLocations),
    ...createModelRoutes({ ...models, isAllowed, resolveId }),
  ]
}

/** A call of a model: the answer of the first that gives one, or what it has answered before, and what it cost. */
function createModelRoute(operation: ModelOperationName, dependencies: InvokeDependencies): Route {
  const { pipeline, memory, configuration, jobs } = dependencies
  return {
    operation,
    ...OPERATIONS[operation],
    async handle(call) {
      const { request, labels, signal, remainingMs, afterwards, facts } = call
      const { headers, body, caller } = request
      const asked: ModelCall = {
        operation,
        modelId: labels.modelId ?? '',
        headers,
        body,
        caller,
        replyHeaders: {},
        facts,
      }
      const preference = readPreference(headers.prefer)
      if (preference && jobs) {
        const first = await pipeline.resolve(asked)
        const planned = { ...call, labels: { ...labels, modelId: first.modelId } }
        const reply = await respondAsync(planned, JOB_KINDS[operation], preference, { configuration, jobs })
        return { ...reply, headers: { ...first.replyHeaders, ...reply.headers } }
      }
      const record = memory.activityLog.begin(asked, afterwards)
      try {
        const reply = await callWithFallback({
          calls: await pipeline.plan(asked),
          retry: !retriesByItself(request),
          signal,
          remainingMs,
          send: (planned, retry) => sendToModel(planned, { call, retry }, dependencies),
        })
        record?.answered(reply)
        return { ...reply, headers: { ...reply.headers, ...record?.headers } }
      } catch (error) {
        record?.failed(error)
        throw error
      }
    },
  }
}

interface Sending {
  readonly call: Call
  readonly retry: boolean
}

/** Sends one of the planned calls, unless its answer is in the cache. */
async function sendToModel(planned: ModelCall, { call, retry }: Sending, dependencies: InvokeDependencies) {
  const { bedrock, pipeline, meter, memory } = dependencies
  const { signal, facts, afterwards, request } = call
  const prepared = await pipeline.prepare(planned)
  facts.modelId = prepared.modelId
  const bills: ReturnType<CostMeter['begin']>[] = []
  const answered = await memory.responseCache.answer(
    prepared,
    async () => {
      const sending = bedrock.send(toModelRequest(prepared), { signal, retry })
      bills.push(meter.begin({ ...prepared, facts }))
      return sending.catch((error: unknown) => {
        throw pipeline.explain(error, prepared.modelId)
      })
    },
    afterwards,
  )
  const { isHit, reply } = answered
  // What is in the cache was used, and paid for, by another call.
  const cost = isHit ? FREE : await bills[0]?.ofReply(reply)
  if (!isHit) Object.assign(facts, describeWay(reply), readUsage(operationOf(prepared), reply))
  return {
    ...reply,
    headers: {
      ...passedOn(reply.headers),
      ...(cost && costHeaders(cost)),
      ...prepared.replyHeaders,
      ...answered.headers,
    },
    // Nobody sees the headers of a direct event's answer.
    ...(cost && request.source === 'direct' && { body: addMember(reply.body, 'estimatedCost', cost) }),
  }
}

const FREE: EstimatedCost = { usd: 0, currency: 'USD', priceDate: null }

function operationOf({ operation }: ModelCall): OperationName {
  return operation === 'Converse' ? 'Converse' : 'InvokeModel'
}

/** A route that hands the caller's bytes to Bedrock and Bedrock's bytes to the caller. */
function createPlainRoute(
  operation: Exclude<OperationName, ModelOperationName | 'CountTokens'>,
  { bedrock, configuration }: InvokeDependencies,
): Route {
  return {
    operation,
    ...OPERATIONS[operation],
    async handle(call) {
      const reply = await bedrock.send(toBedrockRequest(call, OPERATIONS[operation], configuration), {
        signal: call.signal,
        retry: !retriesByItself(call.request),
      })
      Object.assign(call.facts, describeWay(reply))
      return { ...reply, headers: passedOn(reply.headers) }
    },
  }
}
