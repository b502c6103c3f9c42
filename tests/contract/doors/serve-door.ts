import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createBedrock } from '@bedrock-functions/runtime/bedrock'
import { RestError, type RestReply, readConfiguration } from '@bedrock-functions/runtime/core'
import { forwardStream } from '@bedrock-functions/runtime/http/stream'
import { createIdResolver } from '@bedrock-functions/runtime/models'
import type { Door, DoorCall, DoorRequest, DoorWay } from '../../../layers/runtime/src/doors/door.ts'
import { DOOR_PATHS, streamAnswer } from '../../../layers/runtime/src/doors/index.ts'
import { toErrorReply } from '../../../layers/runtime/src/doors/openai/errors.ts'
import { readContentOptions } from '../../../layers/runtime/src/pipeline/content/content-options.ts'
import { createContentStage } from '../../../layers/runtime/src/pipeline/content/content-stage.ts'
import { callBasics, createTestPipeline, MODELS } from '../../support/calls.ts'

export interface DoorServer {
  readonly url: string
  close(): Promise<void>
}

export interface DoorServerOptions {
  readonly doors: readonly Door[]
  /** Way of every call; `converse` by default. */
  readonly way?: DoorWay
  /** Address of the emulator. */
  readonly bedrockUrl: string
  /** Answers what no door does. Its failures are OpenAI's. */
  readonly otherwise?: (path: string, body: Buffer) => Promise<RestReply> | undefined
}

/** Starts a server that serves doors by one way, with the stack's pipeline in front of the emulator. */
export async function serveDoors(options: DoorServerOptions): Promise<DoorServer> {
  const { doors, way = 'converse', bedrockUrl, otherwise } = options
  const bedrock = createTestBedrock(bedrockUrl)
  const pipeline = createTestPipeline(bedrock, { content: createContentStage(readContentOptions({})) })
  const resolveId = createIdResolver(MODELS)

  async function answer(door: Door, request: Request, response: ServerResponse): Promise<void> {
    const { headers, query, body } = request
    const asked = door.read({ headers, query, body })
    const { modelId } = resolveId(asked.modelId)
    const planned = asked.plan(way, { modelId })
    try {
      await send(planned, asked, modelId, response)
    } catch (error) {
      const again = error instanceof RestError ? planned.replan?.(error) : undefined
      if (!again) throw error
      await send(again, asked, modelId, response)
    }
  }

  async function send(
    { toAnswer, createFormat, ...planned }: DoorCall,
    { streams }: DoorRequest,
    modelId: string,
    response: ServerResponse,
  ): Promise<void> {
    const call = { ...planned, modelId, caller: undefined }
    if (!streams || call.operation === 'Converse') {
      const { reply } = await pipeline.answer(call, { ...callBasics(), retry: false })
      write(response, streams ? streamAnswer(reply, createFormat()) : toAnswer(reply))
      return
    }
    const format = createFormat()
    const stream = await pipeline.open(call, { ...callBasics(), retry: false, silenceLimitMs: 10_000 })
    response.writeHead(200, { ...stream.headers, ...format.headers, 'content-type': format.contentType })
    const limits = { silenceLimitMs: 10_000, heartbeatMs: 10_000, remainingMs: 20_000 }
    await forwardStream(stream.source, response, { ...stream, ...limits, format })
  }

  const server = createServer(async (incoming, response) => {
    const request = await readRequest(incoming)
    const door = doors.find(({ operation }) => DOOR_PATHS[operation].includes(request.path))
    try {
      const other = door ? undefined : await otherwise?.(request.path, request.body)
      if (door) await answer(door, request, response)
      else write(response, other ?? { statusCode: 404, headers: {}, body: Buffer.from('{}') })
    } catch (error) {
      if (!(error instanceof RestError)) throw error
      write(response, door?.toErrorReply(error) ?? toErrorReply(error))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => closeServer(server),
  }
}

/** Creates the stack's client of Bedrock, for the emulator. */
export function createTestBedrock(endpoint: string) {
  return createBedrock(readConfiguration({}), {
    endpoint,
    region: MODELS.region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
}

export interface Request {
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export async function readRequest(incoming: IncomingMessage): Promise<Request> {
  const pieces: Buffer[] = []
  for await (const piece of incoming) pieces.push(piece)
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://door')
  return {
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: incoming.headers as Record<string, string>,
    body: Buffer.concat(pieces),
  }
}

export function write(response: ServerResponse, { statusCode, headers, body }: RestReply): void {
  response.writeHead(statusCode, headers)
  response.end(body)
}

export function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}
