import {
  arnOfBatch,
  BATCH_STATUSES,
  createBatch,
  describeBatch,
  findBatch,
  listBatches,
  stopBatch,
} from '@bedrock-functions/runtime/batches'
import { callerOf, type JobsConfiguration, jsonReply, ownerOf } from '@bedrock-functions/runtime/core'
import { type Call, type Route, readListQuery } from '@bedrock-functions/runtime/http'
import { readJsonObject } from '@bedrock-functions/runtime/json'
import { assertModelAllowed } from '@bedrock-functions/runtime/models'
import type { ObjectStore } from '@bedrock-functions/runtime/object-store'
import { assertInputAllowed, type InputLocations } from '@bedrock-functions/runtime/pipeline/admission'
import { createAnthropicRoutes } from './anthropic-routes.ts'
import { createFileRoutes } from './openai-files.ts'
import { createOpenAiRoutes } from './openai-routes.ts'
import { readCreateRequest } from './read-request.ts'

export interface BatchesDependencies {
  /** Resolves a caller's name of a model to its id. */
  readonly resolveModelId: (modelId: string) => string
  readonly allowedModels: readonly string[]
  /** S3 objects that a batch may name. */
  readonly inputLocations: InputLocations
  readonly jobs: JobsConfiguration
  readonly store: ObjectStore
}

const LIST_RULES = { statuses: BATCH_STATUSES, sortBy: 'CreationTime' }

/** Creates the routes of Bedrock's batch contract and of the doors. Source: the service model of bedrock 2023-04-20. */
export function createRoutes(dependencies: BatchesDependencies): Route[] {
  const { store, jobs } = dependencies
  const ownerOfCall = ({ request }: Call) => ownerOf(callerOf(request, jobs))
  const find = async (call: Call) => {
    const batch = await findBatch(store, jobs.arnPrefix, ownerOfCall(call), call.labels.jobIdentifier ?? '')
    call.facts.batchId = batch.request.id
    return batch
  }
  const get = async (call: Call) => jsonReply(describeBatch(await find(call), jobs.arnPrefix))
  const stop = async (call: Call) => {
    await stopBatch(await find(call), store)
    return jsonReply({})
  }
  const path = '/model-invocation-job/{jobIdentifier}'
  return [
    createCreateRoute(dependencies),
    ...createOpenAiRoutes(dependencies),
    ...createFileRoutes(dependencies),
    ...createAnthropicRoutes(dependencies),
    { operation: 'GetModelInvocationJob', method: 'GET', path, handle: get },
    { operation: 'StopModelInvocationJob', method: 'POST', path: `${path}/stop`, handle: stop },
    {
      operation: 'ListModelInvocationJobs',
      method: 'GET',
      path: '/model-invocation-jobs',
      async handle(call) {
        const { query } = call.request
        const { maxResults, ...filters } = readListQuery(query, LIST_RULES)
        const { nameContains } = query
        const owner = ownerOfCall(call)
        const page = await listBatches(store, {
          owner,
          maxBatches: maxResults,
          ...filters,
          ...(nameContains !== undefined && { nameContains }),
        })
        call.facts.batches = page.batches.length
        return jsonReply({
          invocationJobSummaries: page.batches.map((batch) => describeBatch(batch, jobs.arnPrefix)),
          ...(page.nextToken !== undefined && { nextToken: page.nextToken }),
        })
      },
    },
  ]
}

function createCreateRoute(dependencies: BatchesDependencies): Route {
  const { resolveModelId, allowedModels, inputLocations, jobs, store } = dependencies
  return {
    operation: 'CreateModelInvocationJob',
    method: 'POST',
    path: '/model-invocation-job',
    async handle({ request, facts }) {
      const caller = callerOf(request, jobs)
      const asked = readCreateRequest(readJsonObject(request.body), request.headers, jobs)
      const modelId = resolveModelId(asked.askedModelId)
      Object.assign(facts, { modelId, ...(modelId !== asked.askedModelId && { requestedModelId: asked.askedModelId }) })
      assertModelAllowed(modelId, allowedModels)
      const { bucket, key } = asked.input
      assertInputAllowed(
        { uri: `s3://${bucket}/${key}`, path: 'inputDataConfig.s3InputDataConfig' },
        caller,
        inputLocations,
      )
      const name = await createBatch({ ...asked, caller, modelId }, store)
      facts.batchId = name.id
      const jobArn = arnOfBatch(name, jobs.arnPrefix)
      return jsonReply({ jobArn }, { location: `model-invocation-job/${encodeURIComponent(jobArn)}` })
    },
  }
}
