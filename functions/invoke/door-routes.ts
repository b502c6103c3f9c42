import { type Bedrock, clientRetries } from '@bedrock-functions/runtime/bedrock'
import { ANONYMOUS, BedrockError, jsonReply, ownerOf, RestError, type RestReply } from '@bedrock-functions/runtime/core'
import {
  isBedrockResponseId,
  loadOtherDoors,
  loadResponseStore,
  type ResponseStore,
  withProjectHeader,
} from '@bedrock-functions/runtime/doors'
import type { Call, FunctionRequest, Route } from '@bedrock-functions/runtime/http'
import { loadBackgroundResponses } from '@bedrock-functions/runtime/jobs/respond-async'
import {
  type DescribeModelOptions,
  describeModel,
  listModels,
  loadCatalogue,
  type ModelResolverOptions,
} from '@bedrock-functions/runtime/models'
import type { ObjectStore } from '@bedrock-functions/runtime/object-store'
import type { Pipeline, StoreLoader } from '@bedrock-functions/runtime/pipeline'

export interface DoorDependencies extends DescribeModelOptions {
  readonly pipeline: Pipeline
  /** Names of models that the operator gave, each with its ids. */
  readonly aliases?: ModelResolverOptions['aliases']
  /** Store of the stack's bucket; undefined if responses are not stored. */
  readonly loadStore?: StoreLoader | undefined
  readonly bedrock: Bedrock
  /** Route of Bedrock's CountTokens. */
  readonly countTokens: Route
}

type Contract = 'anthropic' | 'openai'

/** Creates the routes of other contracts that do not stream, each in both spellings of its path. */
export function createDoorRoutes(dependencies: DoorDependencies): Route[] {
  const countRoute = (path: string) =>
    createRoute('AnthropicCountTokens', 'POST', path, 'anthropic', (call) => countMessages(call, dependencies))
  const embeddingsRoute = (path: string) =>
    createRoute('OpenAIEmbeddings', 'POST', path, 'openai', (call) => embed(call, dependencies.pipeline))
  const listRoute = (path: string, contract?: Contract) =>
    createRoute('ListModels', 'GET', path, contract, (call) => list(call, contract, dependencies))
  const describeRoute = (path: string, contract?: Contract) =>
    createRoute('DescribeModel', 'GET', path, contract, (call) => describe(call, contract, dependencies))
  return [
    countRoute('/v1/messages/count_tokens'),
    countRoute('/anthropic/v1/messages/count_tokens'),
    embeddingsRoute('/v1/embeddings'),
    embeddingsRoute('/openai/v1/embeddings'),
    listRoute('/v1/models'),
    listRoute('/anthropic/v1/models', 'anthropic'),
    listRoute('/openai/v1/models', 'openai'),
    describeRoute('/v1/models/{modelId}'),
    describeRoute('/anthropic/v1/models/{modelId}', 'anthropic'),
    describeRoute('/openai/v1/models/{modelId}', 'openai'),
    ...createStoredResponseRoutes(dependencies),
  ]
}

interface StoredCall {
  readonly id: string
  readonly owner: string
  readonly store: ObjectStore
  readonly responses: ResponseStore
  readonly call: Call
}

type UseResponse = (stored: StoredCall) => Promise<RestReply>

/** Creates the routes of stored responses. A caller finds only its own. */
function createStoredResponseRoutes({ loadStore, bedrock }: DoorDependencies): Route[] {
  const uses: Readonly<Record<string, readonly [method: string, end: string, use: UseResponse]>> = {
    GetOpenAIResponse: ['GET', '', getResponse],
    DeleteOpenAIResponse: ['DELETE', '', (stored) => deleteResponse(stored, bedrock)],
    CancelOpenAIResponse: ['POST', '/cancel', cancelResponse],
    ListOpenAIInputItems: [
      'GET',
      '/input_items',
      ({ responses, id, call }) => responses.listInput(id, call.request.query),
    ],
  }
  return Object.entries(uses).flatMap(([operation, [method, end, use]]) =>
    ['/v1/responses/{responseId}', '/openai/v1/responses/{responseId}'].map((path) =>
      createRoute(operation, method, path + end, 'openai', async (call) => {
        if (!loadStore) throw new BedrockError('ResourceNotFoundException', 'This stack stores no responses.')
        const owner = ownerOf(call.request.caller ?? ANONYMOUS)
        const [store, responses] = await Promise.all([loadStore(), loadResponseStore(loadStore, owner)])
        return use({ id: call.labels.responseId ?? '', call, owner, store, responses })
      }),
    ),
  )
}

async function getResponse({ id, call, ...job }: StoredCall): Promise<RestReply> {
  const { settleBackground } = await loadBackgroundResponses()
  return (await settleBackground(id, job)) ?? job.responses.get(id, includesSealed(call.request))
}

async function cancelResponse({ id, call, ...job }: StoredCall): Promise<RestReply> {
  const { cancelBackground } = await loadBackgroundResponses()
  const isCancelled = await cancelBackground(id, job)
  return isCancelled ? job.responses.get(id, includesSealed(call.request)) : job.responses.cancel(id)
}

/** Clients write a list in the query as `include[]=…`, or with an index. */
function includesSealed({ query }: FunctionRequest): boolean {
  return Object.entries(query).some(
    ([name, value]) => name.startsWith('include') && value === 'reasoning.encrypted_content',
  )
}

/** Deletes a response, and the copy that Bedrock's own door keeps of it. */
async function deleteResponse({ id, call, ...job }: StoredCall, bedrock: Bedrock): Promise<RestReply> {
  const { cancelBackground } = await loadBackgroundResponses()
  await cancelBackground(id, job)
  const reply = await job.responses.delete(id)
  if (!isBedrockResponseId(id)) return reply
  const path = `/openai/v1/responses/${encodeURIComponent(id)}`
  const request = { method: 'DELETE' as const, path, headers: {}, body: new Uint8Array() }
  await bedrock.send(request, { signal: call.signal, retry: true }).catch((error: unknown) => {
    // Bedrock has deleted it already.
    if (!(error instanceof RestError) || error.statusCode !== 404) throw error
  })
  return reply
}

function createRoute(
  operation: string,
  method: string,
  path: string,
  contract: Contract | undefined,
  handle: (call: Call) => Promise<RestReply>,
): Route {
  return {
    operation,
    method,
    path,
    handle,
    async toErrorReply(error, request) {
      const { toAnthropicErrorReply, toOpenAiErrorReply } = await loadOtherDoors()
      return contractOf(request, contract) === 'anthropic' ? toAnthropicErrorReply(error) : toOpenAiErrorReply(error)
    },
  }
}

/** Anthropic and OpenAI have the same path for their models. Clients of Anthropic name the version of their contract. */
function contractOf({ headers }: FunctionRequest, contract: Contract | undefined): Contract {
  return contract ?? (headers['anthropic-version'] === undefined ? 'openai' : 'anthropic')
}

async function countMessages(call: Call, { countTokens, resolveId }: DoorDependencies): Promise<RestReply> {
  const { readCountRequest, toCountAnswer } = await loadOtherDoors()
  const { request } = call
  const asked = readCountRequest(request)
  const body = asked.toBody(resolveId(asked.modelId).modelId)
  const counted = { ...call, request: { ...request, query: {}, body }, labels: { modelId: asked.modelId } }
  return toCountAnswer(await countTokens.handle(counted))
}

async function embed({ request: received, labels: _labels, ...options }: Call, pipeline: Pipeline): Promise<RestReply> {
  const request = withProjectHeader(received)
  const { embeddings, MAX_PARALLEL_CALLS } = await loadOtherDoors()
  const { caller, headers, body } = request
  const asked = embeddings.read(request)
  const resolved = await pipeline.resolve(
    { operation: 'InvokeModel', modelId: asked.modelId, headers, body, caller, replyHeaders: {} },
    options.facts,
  )
  const { modelId, replyHeaders } = resolved
  const plan = asked.plan({ modelId })
  const retry = !clientRetries(headers)
  const replies: RestReply[] = []
  let tokens = 0
  let usd: number | null = 0
  for (let start = 0; start < plan.calls.length; start += MAX_PARALLEL_CALLS) {
    const group = plan.calls.slice(start, start + MAX_PARALLEL_CALLS)
    // The answers beside a failed call are paid for, too.
    const answers = await Promise.allSettled(
      group.map(async (call) => {
        const facts = { ...options.facts }
        const answer = await pipeline.answer({ ...call, modelId, caller }, { ...options, facts, retry })
        return { ...answer, facts }
      }),
    )
    for (const answer of answers) {
      if (answer.status === 'rejected') continue
      const { reply, cost, facts } = answer.value
      if (facts.project !== undefined) options.facts.project = facts.project
      replies.push(reply)
      tokens += Number(facts.inputTokens ?? 0)
      usd = usd === null || cost.usd === null ? null : usd + cost.usd
    }
    Object.assign(
      options.facts,
      { inputTokens: tokens, calls: start + group.length },
      usd !== null && { estimatedCostUsd: usd },
    )
    const failed = answers.find((answer) => answer.status === 'rejected')
    if (failed) throw failed.reason
  }
  const joined = plan.join(replies)
  const [first] = replies
  return { ...joined, headers: { ...pickOwnHeaders(first?.headers ?? {}), ...replyHeaders, ...joined.headers } }
}

/** Picks the suite's headers that are the same for all calls of a request: all but the cost of one. */
function pickOwnHeaders(headers: RestReply['headers']): Record<string, string> {
  const own = Object.entries(headers).filter(([name]) => name.startsWith('x-bedrock-functions-'))
  return Object.fromEntries(own.filter(([name]) => !name.endsWith('-cost-usd')))
}

async function list(
  { request }: Call,
  contract: Contract | undefined,
  { aliases, isAllowed, now }: DoorDependencies,
): Promise<RestReply> {
  const { listAnthropicModels, listOpenAiModels } = await loadOtherDoors()
  const models = await listModels({}, isAllowed, now)
  const named = { ...(await loadCatalogue()).aliases, ...aliases }
  return contractOf(request, contract) === 'anthropic'
    ? jsonReply(listAnthropicModels(models, named, request.query))
    : jsonReply(listOpenAiModels(models, named))
}

async function describe(
  { request, labels }: Call,
  contract: Contract | undefined,
  dependencies: DoorDependencies,
): Promise<RestReply> {
  const { toAnthropicModel, toOpenAiModel } = await loadOtherDoors()
  const id = labels.modelId ?? ''
  const model = toOpenAiModel(id, await describeModel(id, dependencies), (await loadCatalogue()).asOf)
  return jsonReply(contractOf(request, contract) === 'anthropic' ? toAnthropicModel(model) : model)
}
