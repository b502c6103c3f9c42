import { clientRetries } from '@bedrock-functions/runtime/bedrock'
import type { RestReply, StreamReply } from '@bedrock-functions/runtime/core'
import { DOOR_PATHS, type DoorName, type DoorWay, loadDoor } from '@bedrock-functions/runtime/doors'
import type { Route } from '@bedrock-functions/runtime/http'
import { replyWithStream, silenceLimitOf } from './reply-with-stream.ts'
import type { StreamDependencies } from './routes.ts'

/** Header that says how a call of a door was served. */
const DOOR_HEADER = 'x-bedrock-functions-door'

/** Creates the routes of other contracts that call a model, in both spellings of their paths. */
export function createDoorRoutes(dependencies: StreamDependencies): Route<RestReply | StreamReply>[] {
  const names = Object.keys(DOOR_PATHS) as DoorName[]
  return names.flatMap((name) => DOOR_PATHS[name].map((path) => createDoorRoute(name, path, dependencies)))
}

function createDoorRoute(
  name: DoorName,
  path: string,
  { configuration, pipeline }: StreamDependencies,
): Route<RestReply | StreamReply> {
  return {
    operation: name,
    method: 'POST',
    path,
    async toErrorReply(error, request) {
      return (await loadDoor(name)).toErrorReply(error, request)
    },
    async handle({ request, ...options }) {
      const door = await loadDoor(name)
      const asked = door.read(request)
      const { caller, headers } = request
      const { modelId, replyHeaders } = await pipeline.resolve(
        { operation: 'Converse', modelId: asked.modelId, headers, body: request.body, caller, replyHeaders: {} },
        options.facts,
      )
      const way: DoorWay = 'converse'
      options.facts.door = way
      const call = asked.plan(way, { modelId })
      const sent = {
        ...call,
        modelId,
        caller,
        replyHeaders: { ...replyHeaders, ...call.replyHeaders, [DOOR_HEADER]: way },
      }
      const retry = !clientRetries(headers)
      if (!asked.streams) {
        const { reply } = await pipeline.answer(sent, { ...options, retry })
        return call.toAnswer(reply)
      }
      const silenceLimitMs = silenceLimitOf(request, configuration)
      const stream = await pipeline.open(sent, { ...options, silenceLimitMs, retry })
      return replyWithStream(stream, call.createFormat(), silenceLimitMs)
    },
  }
}
