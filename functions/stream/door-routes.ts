import { clientRetries } from '@bedrock-functions/runtime/bedrock'
import {
  ANONYMOUS,
  BEDROCK_REQUEST_ID_HEADER,
  type Facts,
  ownerOf,
  RestError,
  type RestReply,
  type StreamReply,
} from '@bedrock-functions/runtime/core'
import {
  chooseWay,
  DOOR_PATHS,
  type Door,
  type DoorCall,
  type DoorRequest,
  type DoorWay,
  loadDoor,
  loadResponses,
  type Responses,
  type StatelessDoor,
  streamAnswer,
  withProjectHeader,
} from '@bedrock-functions/runtime/doors'
import type { Call, Route } from '@bedrock-functions/runtime/http'
import { replyWithStream, silenceLimitOf } from './reply-with-stream.ts'
import type { StreamDependencies } from './routes.ts'
import { startBackground } from './start-background.ts'

/** Header that says how a call of a door was served. */
const DOOR_HEADER = 'x-bedrock-functions-door'
/** Header that names the model which answered, if the call has fallbacks. */
const MODEL_HEADER = 'x-bedrock-functions-model'

type Reply = RestReply | StreamReply

/** Creates the routes of other contracts that call a model, in both spellings of their paths. */
export function createDoorRoutes(dependencies: StreamDependencies): Route<Reply>[] {
  const stateless: StatelessDoor[] = ['AnthropicMessages', 'OpenAIChatCompletions']
  return [
    ...stateless.flatMap((name) => createRoutesOf(name, () => loadDoor(name), dependencies)),
    ...createResponsesRoutes(dependencies),
  ].map(withHeaders)
}

/** Gives the calls of a route the project that clients of OpenAI name, and its replies the id that their clients show. */
function withHeaders(route: Route<Reply>): Route<Reply> {
  return {
    ...route,
    async handle(call) {
      const reply = await route.handle({ ...call, request: withProjectHeader(call.request) })
      const requestId = reply.headers[BEDROCK_REQUEST_ID_HEADER]
      if (requestId === undefined) return reply
      const name = route.operation === 'AnthropicMessages' ? 'request-id' : 'x-request-id'
      return { ...reply, headers: { ...reply.headers, [name]: requestId } }
    },
  }
}

function createRoutesOf(name: StatelessDoor, load: () => Promise<Door>, dependencies: StreamDependencies) {
  return DOOR_PATHS[name].map(
    (path): Route<Reply> => ({
      operation: name,
      method: 'POST',
      path,
      toErrorReply: async (error, request, facts) => withWay((await load()).toErrorReply(error, request), facts),
      async handle(call) {
        const door = await load()
        const asked = door.read(call.request)
        const resolved = await resolve(call, door, asked, dependencies)
        const { reply } = await send(call, asked, asked.plan(resolved.way, resolved), resolved, dependencies)
        return reply
      },
    }),
  )
}

/** Creates the routes of POST /v1/responses. A response is stored before its client sees the end, unless it declines. */
function createResponsesRoutes(dependencies: StreamDependencies): Route<Reply>[] {
  const { loadStore, configuration } = dependencies
  let loading: Promise<Responses> | undefined
  const load = (): Promise<Responses> => {
    loading ??= loadResponses(loadStore, configuration.storesResponses).catch((error: unknown) => {
      loading = undefined
      throw error
    })
    return loading
  }
  return DOOR_PATHS.OpenAIResponses.map((path) => ({
    operation: 'OpenAIResponses',
    method: 'POST',
    path,
    toErrorReply: async (error, request, facts) => withWay((await load()).door.toErrorReply(error, request), facts),
    async handle(call) {
      const { door, storeOf, storeReply } = await load()
      const first = door.read(call.request)
      const resolved = await resolve(call, door, first, dependencies)
      const store = await storeOf(ownerOf(call.request.caller ?? ANONYMOUS))
      const { previousResponseId, itemIds } = first.references
      const isContinued = previousResponseId !== undefined || itemIds.length > 0
      const asked = store && isContinued ? door.read(call.request, await store.find(first.references)) : first
      const planned = asked.plan(resolved.way, resolved)
      if (asked.isBackground && store && loadStore && dependencies.jobs) {
        const replyHeaders = { ...resolved.replyHeaders, ...planned.replyHeaders }
        const options = { modelId: resolved.modelId, store, loadStore, jobs: dependencies.jobs }
        return startBackground(call, { ...planned, replyHeaders }, options)
      }
      const { reply, plan } = await send(call, asked, planned, resolved, dependencies)
      return store && asked.stores ? storeReply(reply, plan, store) : reply
    },
  }))
}

/** Adds the way that the call had taken when it failed. */
function withWay(reply: RestReply, { door }: Facts): RestReply {
  return door === undefined ? reply : { ...reply, headers: { ...reply.headers, [DOOR_HEADER]: String(door) } }
}

interface Resolved {
  readonly modelId: string
  readonly way: DoorWay
  readonly replyHeaders: Readonly<Record<string, string>>
}

/** Resolves the model of a request and chooses the way in which its call is served. */
async function resolve(
  { request, facts }: Call,
  { operation }: Door,
  asked: DoorRequest,
  { configuration, pipeline }: StreamDependencies,
): Promise<Resolved> {
  Object.assign(facts, asked.facts)
  const { caller, headers, body } = request
  const { modelId, replyHeaders } = await pipeline.resolve(
    { operation: 'Converse', modelId: asked.modelId, headers, body, caller, replyHeaders: {} },
    facts,
  )
  const { hasGuardrail } = pipeline
  const needsConverse =
    pipeline.hasFallback({ modelId: asked.modelId, headers }, modelId) || asked.needsConverse(modelId)
  const hasProject = pipeline.findProject(request) !== undefined
  const way = chooseWay(operation, modelId, { ...configuration, hasGuardrail, hasProject, needsConverse })
  facts.door = way
  return { modelId, way, replyHeaders: { ...replyHeaders, [DOOR_HEADER]: way } }
}

/** Request whose plans have more members than those of every door. */
interface Planner<Plan extends DoorCall> extends Omit<DoorRequest, 'plan'> {
  plan(way: DoorWay, model: { readonly modelId: string }): Plan
}

interface Sent<Plan> {
  readonly reply: Reply
  /** Plan of the model that answered. */
  readonly plan: Plan
}

/** Bedrock may name one member that it refuses at a time. */
const MAX_TRIES = 4

/** Sends a call, and again without what Bedrock refused, if its plan knows how. */
async function send<Plan extends DoorCall>(
  call: Call,
  asked: Planner<Plan>,
  planned: Plan,
  resolved: Resolved,
  dependencies: StreamDependencies,
): Promise<Sent<Plan>> {
  let plan = planned
  for (let tries = 1; ; tries += 1) {
    try {
      return await sendOnce(call, asked, plan, resolved, dependencies)
    } catch (error) {
      const again = error instanceof RestError && tries < MAX_TRIES ? plan.replan?.(error) : undefined
      if (!again) throw error
      plan = { ...plan, ...again } as Plan
    }
  }
}

async function sendOnce<Plan extends DoorCall>(
  { request, labels: _labels, ...options }: Call,
  asked: Planner<Plan>,
  first: Plan,
  { modelId, replyHeaders }: Resolved,
  { configuration, pipeline }: StreamDependencies,
): Promise<Sent<Plan>> {
  const { operation, headers, body } = first
  const { caller } = request
  const retry = !clientRetries(request.headers)
  // A fallback answers in the form that was planned for its model.
  const plans = new Map<string | undefined, Plan>()
  const translate = (id: string): Plan => {
    const plan = asked.plan('converse', { modelId: id })
    plans.set(id, plan)
    return plan
  }
  const call = {
    ...{ operation, headers, body, modelId, caller, translate },
    replyHeaders: { ...replyHeaders, ...first.replyHeaders },
  }
  // A whole answer is asked for where the model cannot stream it.
  if (asked.streams && operation !== 'Converse') {
    const silenceLimitMs = silenceLimitOf(request, configuration)
    const stream = await pipeline.open(call, { ...options, silenceLimitMs, retry })
    const plan = plans.get(stream.headers[MODEL_HEADER]) ?? first
    return { reply: replyWithStream(stream, plan.createFormat(), silenceLimitMs), plan }
  }
  const { reply } = await pipeline.answer(call, { ...options, retry })
  const plan = plans.get(reply.headers[MODEL_HEADER]) ?? first
  return { reply: asked.streams ? streamAnswer(reply, plan.createFormat()) : plan.toAnswer(reply), plan }
}
