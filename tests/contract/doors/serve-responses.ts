import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { RestError, type RestReply } from '@bedrock-functions/runtime/core'
import { forwardStream } from '@bedrock-functions/runtime/http/stream'
import { createIdResolver } from '@bedrock-functions/runtime/models'
import type { StreamReply } from '../../../layers/runtime/src/core/model-call.ts'
import type { ResponseStore } from '../../../layers/runtime/src/doors/openai-responses/response-store.ts'
import type { ResponsesDoor } from '../../../layers/runtime/src/doors/openai-responses/responses.ts'
import { storeReply } from '../../../layers/runtime/src/doors/openai-responses/store-reply.ts'
import { callBasics, createTestPipeline, MODELS } from '../../support/calls.ts'
import { closeServer, createTestBedrock, type DoorServer, type Request, readRequest, write } from './serve-door.ts'

export interface ResponsesServerOptions {
  readonly door: ResponsesDoor
  readonly bedrockUrl: string
  /** Store of the caller whose key a request has. */
  storeOf(key: string): ResponseStore
}

/** Starts a server of the Responses API with stored responses. */
export async function serveResponses({ door, bedrockUrl, storeOf }: ResponsesServerOptions): Promise<DoorServer> {
  const pipeline = createTestPipeline(createTestBedrock(bedrockUrl))
  const resolveId = createIdResolver(MODELS)
  const limits = { silenceLimitMs: 10_000, heartbeatMs: 10_000 }

  async function create(request: Request, store: ResponseStore): Promise<RestReply | StreamReply> {
    const { references } = door.read(request)
    const asked = door.read(request, await store.find(references))
    const { modelId } = resolveId(asked.modelId)
    const planned = asked.plan('converse', { modelId })
    const call = { ...planned, modelId, caller: undefined }
    const options = { ...callBasics(), retry: false }
    if (!asked.streams) {
      const { reply } = await pipeline.answer(call, options)
      const answer = planned.toAnswer(reply)
      return asked.stores ? storeReply(answer, planned, store) : answer
    }
    const format = planned.createFormat()
    const stream = await pipeline.open(call, { ...options, ...limits })
    const answer: StreamReply = {
      statusCode: 200,
      headers: { ...stream.headers, 'content-type': format.contentType },
      forward: (sink, remainingMs) => forwardStream(stream.source, sink, { ...stream, ...limits, remainingMs, format }),
    }
    return asked.stores ? storeReply(answer, planned, store) : answer
  }

  async function answer(method: string, request: Request, store: ResponseStore): Promise<RestReply | StreamReply> {
    const [, , , id = '', part] = request.path.split('/')
    if (id === '') return create(request, store)
    if (part === 'input_items') return store.listInput(id, request.query)
    if (part === 'cancel') return store.cancel(id)
    if (method === 'DELETE') return store.delete(id)
    return store.get(id, Object.values(request.query).includes('reasoning.encrypted_content'))
  }

  const server = createServer(async (incoming, response) => {
    const request = await readRequest(incoming)
    try {
      const reply = await answer(incoming.method ?? 'GET', request, storeOf(request.headers.authorization ?? ''))
      if (!('forward' in reply)) write(response, reply)
      else {
        response.writeHead(reply.statusCode, reply.headers)
        await reply.forward(response, 20_000)
      }
    } catch (error) {
      if (!(error instanceof RestError)) throw error
      write(response, door.toErrorReply(error))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => closeServer(server),
  }
}
