import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createObjectStore, type ObjectStore } from '@bedrock-functions/runtime/object-store'
import { createS3Server } from '@bedrock-functions/s3-emulator'
import OpenAI from 'openai'
import type { Response, Tool } from 'openai/resources/responses/responses'
import { ownerOf } from '../../../layers/runtime/src/core/identity.ts'
import { createResponseStore } from '../../../layers/runtime/src/doors/openai-responses/response-store.ts'
import { createResponses } from '../../../layers/runtime/src/doors/openai-responses/responses.ts'
import { createSealer } from '../../../layers/runtime/src/doors/openai-responses/seal-reasoning.ts'
import { startEmulator } from '../bedrock-emulator/support.ts'
import { serveResponses } from './serve-responses.ts'

const BUCKET = 'stack'
const MODELS = ['claude-haiku-4-5', 'nova-lite', 'gpt-oss']
const CLAUDE = 'claude-haiku-4-5'

let url: string
let objects: ObjectStore
let isBroken = false
const closing: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'responses-'))
  const s3 = createS3Server({ directory, buckets: [{ name: BUCKET, versioned: true }] })
  const endpoint = `http://127.0.0.1:${await s3.listen(0)}`
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  objects = createObjectStore(BUCKET, { endpoint, region: 'us-east-1', credentials, forcePathStyle: true })
  const emulator = await startEmulator()
  const door = createResponses({ sealer: createSealer(['secret']), hasStore: true })
  const server = await serveResponses({
    door,
    bedrockUrl: emulator.url,
    storeOf(key) {
      const store = createResponseStore(objects, { owner: ownerOf(key) })
      return isBroken ? { ...store, save: () => Promise.reject(new Error('S3 is away')) } : store
    },
  })
  ;({ url } = server)
  closing.push(
    server.close,
    emulator.close,
    async () => objects.client.destroy(),
    () => s3.close(),
    () => rm(directory, { recursive: true }),
  )
})
afterAll(async () => {
  for (const close of closing) await close()
})

const clientOf = (apiKey: string) => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 })
const keysOf = async () => (await objects.list('responses/')).keys

const TOOL: Tool = {
  type: 'function',
  name: 'get_weather',
  strict: null,
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}

test.each(MODELS)('%s continues a stored response, also one that was streamed', async (model) => {
  const client = clientOf('a')
  const first = await client.responses.create({ model, input: 'My name is Ada.' })
  const second = await client.responses
    .stream({ model, input: 'And yours?', previous_response_id: first.id })
    .finalResponse()
  expect(second.previous_response_id).toBe(first.id)
  const { data } = await client.responses.inputItems.list(second.id, { order: 'asc' })
  expect(data.map((item) => ('role' in item ? item.role : item.type))).toEqual(['user', 'assistant', 'user'])
  const third = await client.responses.create({ model, input: 'Bye', previous_response_id: second.id })
  expect(third.usage?.input_tokens).toBeGreaterThan(second.usage?.input_tokens ?? 0)
})

test.each(MODELS)('%s gets the output of a tool by the response that called it', async (model) => {
  const client = clientOf('a')
  const input = 'What is the weather in Paris? [emulator:tool=get_weather {"city":"Paris"}]'
  const first = await client.responses.create({ model, input, tools: [TOOL] })
  const call = first.output.find((item) => item.type === 'function_call')
  if (call?.type !== 'function_call') throw new Error('no function call')
  const second = await client.responses.create({
    model,
    previous_response_id: first.id,
    input: [{ type: 'function_call_output', call_id: call.call_id, output: '21 degrees' }],
    tools: [TOOL],
  })
  expect(second.output_text).toContain('21 degrees')
})

test('reasoning is stored sealed and is shown only if it is asked for', async () => {
  const client = clientOf('a')
  const request = { model: CLAUDE, tools: [TOOL], reasoning: { effort: 'low' as const }, max_output_tokens: 4_000 }
  const first = await client.responses.create({ ...request, input: 'What is the weather in Paris?' })
  const sealedOf = ({ output }: Response) =>
    output.flatMap((item) => (item.type === 'reasoning' ? [item.encrypted_content] : []))
  expect(sealedOf(first)).toEqual([undefined])
  expect(sealedOf(await client.responses.retrieve(first.id))).toEqual([undefined])
  const include = ['reasoning.encrypted_content' as const]
  expect(sealedOf(await client.responses.retrieve(first.id, { include }))).toEqual([expect.any(String)])

  const call = first.output.find((item) => item.type === 'function_call')
  if (call?.type !== 'function_call') throw new Error('no function call')
  const output = { type: 'function_call_output' as const, call_id: call.call_id, output: '21 degrees' }
  const next = client.responses.create({ ...request, previous_response_id: first.id, input: [output] })
  const { data, response } = await next.withResponse()
  expect(response.headers.get('x-bedrock-functions-dropped')).toBeNull()
  expect(data.output_text).toContain('21 degrees')
})

test('items are found by references to their ids', async () => {
  const client = clientOf('a')
  const first = await client.responses.create({ model: CLAUDE, input: 'My name is Ada.' })
  const [message] = first.output
  const input = [
    { role: 'user' as const, content: 'My name is Ada.' },
    { type: 'item_reference' as const, id: message?.id ?? '' },
    { role: 'user' as const, content: 'And yours?' },
  ]
  const second = await client.responses.create({ model: CLAUDE, input })
  const { data } = await client.responses.inputItems.list(second.id, { order: 'asc' })
  expect(data[1]?.id).toBe(message?.id)
  const lost = [{ type: 'item_reference' as const, id: 'msg_1' }]
  await expect(client.responses.create({ model: CLAUDE, input: lost })).rejects.toMatchObject({
    status: 400,
    param: 'input[0].id',
  })
})

test('a stored response is the one that the client got', async () => {
  const client = clientOf('a')
  const created = await client.responses.create({ model: CLAUDE, input: 'Hello', metadata: { team: 'a' } })
  expect(await client.responses.retrieve(created.id)).toEqual(created)
})

test('input items come in pages', async () => {
  const client = clientOf('a')
  const input = ['one', 'two', 'three'].map((content) => ({ role: 'user' as const, content }))
  const { id } = await client.responses.create({ model: CLAUDE, input })
  const page = await client.responses.inputItems.list(id, { limit: 2 })
  expect(page.data.map((item) => 'content' in item && item.content)).toEqual(['three', 'two'])
  expect(page.has_more).toBe(true)
  const all = []
  for await (const item of client.responses.inputItems.list(id, { limit: 1, order: 'asc' })) all.push(item)
  expect(all.map((item) => 'content' in item && item.content)).toEqual(['one', 'two', 'three'])
  await expect(client.responses.inputItems.list(id, { limit: 101 })).rejects.toMatchObject({
    status: 400,
    param: 'limit',
  })
  await expect(client.responses.inputItems.list(id, { after: 'x' })).rejects.toMatchObject({ param: 'after' })
})

test('a deleted response is gone', async () => {
  const client = clientOf('a')
  const { id } = await client.responses.create({ model: CLAUDE, input: 'Hello' })
  await client.responses.delete(id)
  await expect(client.responses.retrieve(id)).rejects.toBeInstanceOf(OpenAI.NotFoundError)
  await expect(client.responses.delete(id)).rejects.toMatchObject({ code: 'response_not_found' })
})

test('a caller cannot see or continue the response of another one', async () => {
  const { id } = await clientOf('a').responses.create({ model: CLAUDE, input: 'Hello' })
  const other = clientOf('b')
  await expect(other.responses.retrieve(id)).rejects.toBeInstanceOf(OpenAI.NotFoundError)
  await expect(other.responses.delete(id)).rejects.toBeInstanceOf(OpenAI.NotFoundError)
  await expect(other.responses.inputItems.list(id)).rejects.toBeInstanceOf(OpenAI.NotFoundError)
  await expect(
    other.responses.create({ model: CLAUDE, input: 'Go on', previous_response_id: id }),
  ).rejects.toMatchObject({ status: 400, param: 'previous_response_id', code: 'previous_response_not_found' })
})

test('store: false keeps nothing', async () => {
  const before = await keysOf()
  const client = clientOf('a')
  const { id, ...rest } = await client.responses.create({ model: CLAUDE, input: 'Hello', store: false })
  expect(rest).toMatchObject({ store: false })
  await client.responses.stream({ model: CLAUDE, input: 'Hello', store: false }).finalResponse()
  expect(await keysOf()).toEqual(before)
  await expect(client.responses.retrieve(id)).rejects.toBeInstanceOf(OpenAI.NotFoundError)
})

test('an id with the path of another object finds nothing', async () => {
  const path = encodeURIComponent(`../${ownerOf('Bearer a')}/x`)
  await expect(clientOf('b').responses.retrieve(path)).rejects.toBeInstanceOf(OpenAI.NotFoundError)
})

test('only a response in the background can be cancelled', async () => {
  const client = clientOf('a')
  const { id } = await client.responses.create({ model: CLAUDE, input: 'Hello' })
  await expect(client.responses.cancel(id)).rejects.toMatchObject({ status: 400 })
})

test('a stream whose response cannot be stored ends with response.failed', async () => {
  isBroken = true
  try {
    const stream = await clientOf('a').responses.create({ model: CLAUDE, input: 'Hello', stream: true })
    const events = []
    for await (const event of stream) events.push(event)
    const ends = events.filter(({ type }) => /completed|incomplete|failed/.test(type))
    expect(ends).toMatchObject([{ type: 'response.failed', response: { error: { code: 'server_error' } } }])
    expect(events.map((event) => 'sequence_number' in event && event.sequence_number)).toEqual([...events.keys()])
  } finally {
    isBroken = false
  }
})

test('a stream that breaks is not stored', async () => {
  const before = await keysOf()
  const stream = await clientOf('a').responses.create({
    model: CLAUDE,
    input: 'Hello [emulator:end@3]',
    stream: true,
  })
  const types = []
  for await (const { type } of stream) types.push(type)
  expect(types.at(-1)).toBe('response.failed')
  expect(await keysOf()).toEqual(before)
})
