import { clientRetries } from '@bedrock-functions/runtime/bedrock'
import { RestError, type RestReply, type StreamReply } from '@bedrock-functions/runtime/core'
import {
  chooseWay,
  DOOR_PATHS,
  type DoorCall,
  type DoorName,
  type DoorRequest,
  loadDoor,
  streamAnswer,
} from '@bedrock-functions/runtime/doors'
import type { Call, Route } from '@bedrock-functions/runtime/http'
import { replyWithStream, silenceLimitOf } from './reply-with-stream.ts'
import type { StreamDependencies } from './routes.ts'

/** Header that says how a call of a door was served. */
const DOOR_HEADER = 'x-bedrock-functions-door'
/** Header that names the model which answered, if the call has fallbacks. */
const MODEL_HEADER = 'x-bedrock-functions-model'

type Reply = RestReply | StreamReply

/** Creates the routes of other contracts that call a model, in both spellings of their paths. */
export function createDoorRoutes(dependencies: StreamDependencies): Route<Reply>[] {
  const names = Object.keys(DOOR_PATHS) as DoorName[]
  return names.flatMap((name) => DOOR_PATHS[name].map((path) => createDoorRoute(name, path, dependencies)))
}

function createDoorRoute(name: DoorName, path: string, dependencies: StreamDependencies): Route<Reply> {
  const { configuration, pipeline } = dependencies
  const { hasGuardrail } = pipeline
  return {
    operation: name,
    method: 'POST',
    path,
    async toErrorReply(error, request) {
      return (await loadDoor(name)).toErrorReply(error, request)
    },
    async handle(call) {
      const { request, facts } = call
      const door = await loadDoor(name)
      const asked = door.read(request)
      Object.assign(facts, asked.facts)
      const { caller, headers, body } = request
      const { modelId, replyHeaders } = await pipeline.resolve(
        { operation: 'Converse', modelId: asked.modelId, headers, body, caller, replyHeaders: {} },
        facts,
      )
      const hasFallback = pipeline.hasFallback({ modelId: asked.modelId, headers }, modelId)
      const needsConverse = hasFallback || asked.needsConverse(modelId)
      const way = chooseWay(name, modelId, { ...configuration, hasGuardrail, needsConverse })
      facts.door = way
      const planned = asked.plan(way, { modelId })
      const sender = createSender(call, asked, dependencies, {
        modelId,
        replyHeaders: { ...replyHeaders, [DOOR_HEADER]: way },
      })
      try {
        return await sender(planned)
      } catch (error) {
        const again = error instanceof RestError ? planned.replan?.(error) : undefined
        if (!again) throw error
        return sender(again)
      }
    },
  }
}

interface Resolved {
  readonly modelId: string
  readonly replyHeaders: Readonly<Record<string, string>>
}

/** Creates a function that sends a planned call and makes the reply of the contract. */
function createSender(
  { request, labels: _labels, ...options }: Call,
  asked: DoorRequest,
  { configuration, pipeline }: StreamDependencies,
  { modelId, replyHeaders }: Resolved,
): (planned: DoorCall) => Promise<Reply> {
  const { caller } = request
  const retry = !clientRetries(request.headers)
  const silenceLimitMs = silenceLimitOf(request, configuration)
  return async (first) => {
    const { operation, headers, body } = first
    // A fallback answers in the form that was planned for its model.
    const plans = new Map<string | undefined, DoorCall>()
    const planOf = (reply: Pick<RestReply, 'headers'>): DoorCall => plans.get(reply.headers[MODEL_HEADER]) ?? first
    const translate = (id: string): DoorCall => {
      const plan = asked.plan('converse', { modelId: id })
      plans.set(id, plan)
      return plan
    }
    const call = {
      ...{ operation, headers, body, modelId, caller, translate },
      replyHeaders: { ...replyHeaders, ...first.replyHeaders },
    }
    // A whole answer is asked for where the model cannot stream it.
    const isWhole = operation === 'Converse'
    if (asked.streams && !isWhole) {
      const stream = await pipeline.open(call, { ...options, silenceLimitMs, retry })
      return replyWithStream(stream, planOf(stream).createFormat(), silenceLimitMs)
    }
    const { reply } = await pipeline.answer(call, { ...options, retry })
    const plan = planOf(reply)
    return asked.streams ? streamAnswer(reply, plan.createFormat()) : plan.toAnswer(reply)
  }
}
