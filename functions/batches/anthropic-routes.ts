import { randomUUID } from 'node:crypto'
import {
  anthropicBatchId,
  type Batch,
  createBatch,
  findBatch,
  listBatches,
  outputOf,
  readAnthropicBatchId,
  stopBatch,
  toAnthropicBatch,
} from '@bedrock-functions/runtime/batches'
import { BedrockError, callerOf, jsonReply, ownerOf, uploadsPrefix } from '@bedrock-functions/runtime/core'
import type { Call, Route } from '@bedrock-functions/runtime/http'
import { type JsonDocument, type JsonValue, readJsonObject } from '@bedrock-functions/runtime/json'
import { createDoorOrder } from './door-order.ts'
import { createDoorRoutes } from './door-route.ts'
import { download } from './download.ts'
import { readPageSize } from './read-page-size.ts'
import type { BatchesDependencies } from './routes.ts'

const FORMAT = 'anthropic'
const PATH = '/messages/batches'
/** Source: Anthropic API Reference, "Create a Message Batch". */
const MAX_REQUESTS = 100_000
const MAX_PAGE_SIZE = 1000
const DEFAULT_PAGE_SIZE = 20

/** Creates the routes of Anthropic's Message Batches. The lines are in the request itself, and the map answers them. */
export function createAnthropicRoutes(dependencies: BatchesDependencies): Route[] {
  const { store } = dependencies
  const { ownerOf: ownerOfCall, find, create: route } = createDoorRoutes(FORMAT, readAnthropicBatchId, dependencies)
  return [
    ...route('CreateMessageBatch', 'POST', PATH, async (call) => {
      const batch = await create(call, dependencies)
      return jsonReply(toAnthropicBatch(batch, null))
    }),
    ...route('ListMessageBatches', 'GET', PATH, (call) => list(call, ownerOfCall(call), dependencies)),
    ...route('GetMessageBatch', 'GET', `${PATH}/{batchId}`, async (call) =>
      jsonReply(describe(await find(call), call)),
    ),
    ...route('CancelMessageBatch', 'POST', `${PATH}/{batchId}/cancel`, async (call) => {
      const batch = await find(call)
      if (!batch.end && !batch.isStopped) await stopBatch(batch, store)
      return jsonReply(describe({ ...batch, isStopped: true }, call))
    }),
    ...route('GetMessageBatchResults', 'GET', `${PATH}/{batchId}/results`, async (call) => {
      const { request, end, plan } = await find(call)
      const [file] = plan?.files ?? []
      if (!end?.counts || !file) {
        throw new BedrockError(
          'ResourceNotFoundException',
          'The batch has no results yet: its processing_status is not ended.',
        )
      }
      return download(store, outputOf(request, file.name))
    }),
  ]
}

async function create({ request, facts }: Call, { jobs, store }: BatchesDependencies): Promise<Batch> {
  const caller = callerOf(request, jobs)
  const requests = readRequests(readJsonObject(request.body))
  const owner = ownerOf(caller)
  const input = { bucket: store.bucket, key: `${uploadsPrefix(owner)}${randomUUID()}.jsonl` }
  // The bytes of each request are copied. A line feed outside of strings is white space.
  const lines = requests.map(({ bytes }) => `${bytes.toString().replaceAll(/[\r\n]/g, ' ')}\n`)
  await store.put(input, lines.join(''), { contentType: 'application/jsonl' })
  const headers = pickHeaders(request.headers)
  const order = createDoorOrder(FORMAT, caller, store.bucket, { input, records: requests.length, headers })
  const { id } = await createBatch(order, store)
  facts.batchId = id
  return findBatch(store, jobs.arnPrefix, owner, id, FORMAT)
}

/** Headers of Anthropic's contract that change what a request means. */
function pickHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const { 'anthropic-version': version = '2023-06-01', 'anthropic-beta': beta } = headers
  return { 'anthropic-version': version, ...(beta !== undefined && { 'anthropic-beta': beta }) }
}

/** @throws BedrockError ValidationException that names the member */
function readRequests({ root }: JsonDocument): readonly JsonValue[] {
  const refuse = (message: string) => new BedrockError('ValidationException', message)
  const unknown = root.members.find(({ name }) => name !== 'requests')?.name
  if (unknown !== undefined) throw refuse(`${unknown}: Extra inputs are not permitted`)
  const requests = root.get('requests')
  if (requests?.kind !== 'array' || requests.isEmpty) throw refuse('requests: must be a list with at least one request')
  const { items } = requests
  if (items.length > MAX_REQUESTS) throw refuse(`requests: has ${items.length} requests, the limit is ${MAX_REQUESTS}`)
  const seen = new Set<string>()
  for (const [index, item] of items.entries()) {
    const id = item.get('custom_id')?.text
    if (id === undefined || !/^[a-zA-Z0-9_-]{1,64}$/.test(id)) {
      throw refuse(`requests.${index}.custom_id: must be 1 to 64 letters, digits, hyphens and underscores`)
    }
    if (seen.has(id)) throw refuse(`requests.${index}.custom_id: "${id}" is that of an earlier request`)
    if (item.get('params')?.kind !== 'object') throw refuse(`requests.${index}.params: must be an object`)
    seen.add(id)
  }
  return items
}

/** The address of the results is a path, to which SDKs add their base URL: it is right for every stage and spelling. */
function describe(batch: Batch, { request }: Call): Record<string, unknown> {
  const prefix = request.segments[0] === FORMAT ? `/${FORMAT}` : ''
  return toAnthropicBatch(batch, `${prefix}/v1${PATH}/${anthropicBatchId(batch.request.id)}/results`)
}

async function list(call: Call, owner: string, { store }: BatchesDependencies) {
  const { after_id, before_id } = call.request.query
  if (after_id !== undefined && before_id !== undefined) {
    throw new BedrockError('ValidationException', 'after_id and before_id cannot both be given.')
  }
  const isBackward = before_id !== undefined
  const cursor = before_id ?? after_id
  const page = await listBatches(store, {
    owner,
    format: FORMAT,
    ascending: isBackward,
    maxBatches: readPageSize(call.request.query, MAX_PAGE_SIZE, DEFAULT_PAGE_SIZE),
    ...(cursor !== undefined && { after: readAnthropicBatchId(cursor) }),
  })
  const batches = isBackward ? page.batches.toReversed() : page.batches
  const data = batches.map((batch) => describe(batch, call))
  const idOf = (batch: Batch | undefined) => (batch ? anthropicBatchId(batch.request.id) : null)
  return jsonReply({
    data,
    has_more: page.nextToken !== undefined,
    first_id: idOf(batches[0]),
    last_id: idOf(batches.at(-1)),
  })
}
