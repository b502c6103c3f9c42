import {
  createBatch,
  findBatch,
  listBatches,
  OPENAI_ENDPOINT,
  readOpenAiBatchId,
  stopBatch,
  toOpenAiBatch,
} from '@bedrock-functions/runtime/batches'
import { BedrockError, callerOf, jsonReply, ownerOf, parseS3Uri } from '@bedrock-functions/runtime/core'
import type { Call, Route } from '@bedrock-functions/runtime/http'
import { isObject, type PlainObject, readJsonObject } from '@bedrock-functions/runtime/json'
import { assertInputAllowed } from '@bedrock-functions/runtime/pipeline/admission'
import { createDoorOrder } from './door-order.ts'
import { createDoorRoutes } from './door-route.ts'
import { locateFile } from './openai-files.ts'
import { readPageSize } from './read-page-size.ts'
import type { BatchesDependencies } from './routes.ts'

const FORMAT = 'openai'
const MAX_PAGE_SIZE = 100
const DEFAULT_PAGE_SIZE = 20
/** Source: OpenAI API Reference, "Create batch", `metadata`. */
const MAX_METADATA = 16

/** Creates the routes of OpenAI's batches. The map answers their lines. */
export function createOpenAiRoutes(dependencies: BatchesDependencies): Route[] {
  const { store, jobs } = dependencies
  const { ownerOf: ownerOfCall, find, create: route } = createDoorRoutes(FORMAT, readOpenAiBatchId, dependencies)
  return [
    ...route('CreateOpenAIBatch', 'POST', '/batches', async (call) => {
      const id = await create(call, dependencies)
      call.facts.batchId = id
      return jsonReply(toOpenAiBatch(await findBatch(store, jobs.arnPrefix, ownerOfCall(call), id, FORMAT)))
    }),
    ...route('ListOpenAIBatches', 'GET', '/batches', async (call) => {
      const { after } = call.request.query
      const page = await listBatches(store, {
        owner: ownerOfCall(call),
        format: FORMAT,
        ascending: false,
        maxBatches: readPageSize(call.request.query, MAX_PAGE_SIZE, DEFAULT_PAGE_SIZE),
        ...(after !== undefined && { after: readOpenAiBatchId(after) }),
      })
      const data = page.batches.map(toOpenAiBatch)
      const [first, last] = [data[0], data.at(-1)]
      const has_more = page.nextToken !== undefined
      return jsonReply({ object: 'list', data, first_id: first?.id ?? null, last_id: last?.id ?? null, has_more })
    }),
    ...route('GetOpenAIBatch', 'GET', '/batches/{batchId}', async (call) => jsonReply(toOpenAiBatch(await find(call)))),
    ...route('CancelOpenAIBatch', 'POST', '/batches/{batchId}/cancel', async (call) => {
      const batch = await find(call)
      if (!batch.isStopped) await stopBatch(batch, store)
      return jsonReply(toOpenAiBatch({ ...batch, isStopped: true }))
    }),
  ]
}

/** @returns the id of the batch */
async function create({ request }: Call, { jobs, store, inputLocations }: BatchesDependencies): Promise<string> {
  const caller = callerOf(request, jobs)
  const owner = ownerOf(caller)
  const body = readJsonObject(request.body).root.parse() as PlainObject
  const fileId = readCreate(body)
  const input = fileId.startsWith('s3://') ? parseS3Uri(fileId, 'input_file_id') : locateFile(store, owner, fileId)
  assertInputAllowed({ uri: `s3://${input.bucket}/${input.key}`, path: 'input_file_id' }, caller, inputLocations)
  const metadata = readMetadata(body.metadata)
  const order = createDoorOrder(FORMAT, caller, store.bucket, {
    askedInput: fileId,
    input,
    ...(metadata && { metadata }),
  })
  const { id } = await createBatch(order, store)
  return id
}

const MEMBERS = ['input_file_id', 'endpoint', 'completion_window', 'metadata', 'output_expires_after']

/** @returns `input_file_id` @throws BedrockError ValidationException that names the member */
function readCreate(body: PlainObject): string {
  const refuse = (message: string) => new BedrockError('ValidationException', message)
  const unknown = Object.keys(body).find((name) => !MEMBERS.includes(name))
  if (unknown !== undefined) throw refuse(`Unknown parameter: '${unknown}'.`)
  if (body.output_expires_after !== undefined) {
    throw refuse("'output_expires_after' is not supported: outputs are kept as long as the jobs of the stack.")
  }
  if (body.endpoint !== OPENAI_ENDPOINT) throw refuse(`'endpoint' must be '${OPENAI_ENDPOINT}'.`)
  if (body.completion_window !== '24h') throw refuse("'completion_window' must be '24h'.")
  if (typeof body.input_file_id === 'string') return body.input_file_id
  throw refuse("'input_file_id' must be the id of an uploaded file, or the s3:// URI of an input of this stack.")
}

function readMetadata(value: unknown): Record<string, string> | undefined {
  if (value === undefined || value === null) return undefined
  const entries = isObject(value) ? Object.entries(value) : []
  const isValid = isObject(value) && entries.every(([, text]) => typeof text === 'string' && text.length <= 512)
  if (isValid && entries.length <= MAX_METADATA) return value as Record<string, string>
  throw new BedrockError(
    'ValidationException',
    `'metadata' must have at most ${MAX_METADATA} members, each a text of at most 512 characters.`,
  )
}
