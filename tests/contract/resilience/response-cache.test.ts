import { logger } from '@bedrock-functions/runtime/core/logging'
import type { Facts, ModelCall } from '../../../layers/runtime/src/core/model-call.ts'
import { createDeferredWork } from '../../../layers/runtime/src/http/serve.ts'
import { createResponseCache } from '../../../layers/runtime/src/pipeline/cache/response-cache.ts'
import type { StorageMode } from '../../../layers/runtime/src/pipeline/storage-options.ts'
import { callBasics, createTestPipeline } from '../../support/calls.ts'
import { OTHER_CALLER } from '../jobs/support/orders.ts'
import { type Services, type Stack, startServices } from '../jobs/support/start-services.ts'
import { claudeCall, converseCall, documentOf } from './support.ts'

let services: Services
let stack: Stack
let now: number

beforeAll(async () => {
  services = await startServices({ stacks: 30 })
})
beforeEach(() => {
  stack = services.createStack()
  now = Date.parse('2026-11-21T12:00:00Z')
})
afterAll(() => services.close())

function cacheOf(responseCache: StorageMode, changes: { loadStore?: () => Promise<Stack['store']> } = {}) {
  return createResponseCache({
    options: { responseCache, responseCacheSeconds: 3600 },
    loadStore: async () => stack.store,
    now: () => now,
    ...changes,
  })
}

/** Makes a call like a route, and stores the answer after it was returned. */
async function callThrough(responseCache: ReturnType<typeof cacheOf>, call: ModelCall) {
  const work = createDeferredWork()
  const facts: Facts = {}
  const pipeline = createTestPipeline(stack.bedrock, { responseCache })
  const { reply } = await pipeline.answer(call, { ...callBasics(), facts, defer: work.defer, retry: false })
  await work.settle(10_000)
  return { isHit: facts.cache === 'hit', facts, reply, told: reply.headers['x-bedrock-functions-cache'] }
}

const asking = (wish: string, changes: Partial<ModelCall> = {}): Partial<ModelCall> => ({
  ...changes,
  headers: { 'x-bedrock-functions-cache': wish },
})

test('a repeated request is answered from S3, byte for byte, with Bedrock’s headers', async () => {
  const cache = cacheOf('REQUEST')
  const call = claudeCall('Name a mountain', asking('ttl=60'))
  const first = await callThrough(cache, call)
  now += 7999
  const second = await callThrough(cache, call)
  expect([first.told, second.told]).toEqual(['miss', 'hit; age=7'])
  expect(Buffer.from(second.reply.body).equals(first.reply.body)).toBe(true)
  expect(second.reply.headers).toMatchObject({
    'content-type': 'application/json',
    'x-amzn-bedrock-output-token-count': first.reply.headers['x-amzn-bedrock-output-token-count'],
  })
  expect(second.facts).toEqual({ modelId: call.modelId, cache: 'hit' })
  expect(stack.calls).toHaveLength(1)
})

test('nothing is stored without a request for it, or in a stack without a cache', async () => {
  await callThrough(cacheOf('REQUEST'), converseCall('Name a river'))
  await callThrough(cacheOf('ALL'), converseCall('Name a river', asking('no-store')))
  await expect(callThrough(cacheOf('OFF'), converseCall('Name a river', asking('ttl=60')))).resolves.toMatchObject({
    told: 'off',
  })
  await expect(stack.keys('cache/')).resolves.toEqual([])
})

test('ALL stores answers without a request for it', async () => {
  const cache = cacheOf('ALL')
  await callThrough(cache, converseCall('Name a lake'))
  now += 3_599_000
  await expect(callThrough(cache, converseCall('Name a lake'))).resolves.toMatchObject({ isHit: true })
  now += 1000
  await expect(callThrough(cache, converseCall('Name a lake'))).resolves.toMatchObject({ isHit: false })
})

test('a cached answer is not older than both the storing and the reading request allow', async () => {
  const cache = cacheOf('REQUEST')
  await callThrough(cache, converseCall('Name a sea', asking('ttl=60')))
  now += 30_000
  await expect(callThrough(cache, converseCall('Name a sea', asking('ttl=3600')))).resolves.toMatchObject({
    isHit: true,
  })
  now += 30_000
  await expect(callThrough(cache, converseCall('Name a sea', asking('ttl=3600')))).resolves.toMatchObject({
    told: 'miss',
  })
  now += 20_000
  await expect(callThrough(cache, converseCall('Name a sea', asking('ttl=20')))).resolves.toMatchObject({
    told: 'miss',
  })
})

test('no-cache calls the model and replaces the stored answer', async () => {
  const cache = cacheOf('ALL')
  await callThrough(cache, converseCall('Name a city'))
  now += 3_000_000
  await expect(callThrough(cache, converseCall('Name a city', asking('no-cache')))).resolves.toMatchObject({
    told: 'miss',
  })
  now += 3_000_000
  await expect(callThrough(cache, converseCall('Name a city'))).resolves.toMatchObject({ told: 'hit; age=3000' })
})

test('a caller never gets another caller’s answer', async () => {
  const cache = cacheOf('ALL')
  await callThrough(cache, converseCall('Name a colour'))
  const other = await callThrough(cache, converseCall('Name a colour', { caller: OTHER_CALLER }))
  const nobody = await callThrough(cache, converseCall('Name a colour', { caller: undefined }))
  expect([other.isHit, nobody.isHit]).toEqual([false, false])
  const owners = (await stack.keys('cache/')).map((key) => key.split('/')[1])
  expect(new Set(owners).size).toBe(3)
})

test('errors are not stored', async () => {
  const cache = cacheOf('ALL')
  const call = converseCall('[emulator:throttle=1]Name a tree')
  await expect(callThrough(cache, call)).rejects.toMatchObject({ name: 'ThrottlingException' })
  await expect(stack.keys('cache/')).resolves.toEqual([])
  await expect(callThrough(cache, call)).resolves.toMatchObject({ told: 'miss' })
  await expect(callThrough(cache, call)).resolves.toMatchObject({ isHit: true })
})

test('an answer that a guardrail has changed is not stored, in Converse and in native bodies', async () => {
  const cache = cacheOf('ALL')
  const body = {
    messages: [{ role: 'user', content: [{ text: '[blocked topic]' }] }],
    guardrailConfig: { guardrailIdentifier: 'abc123', guardrailVersion: '1' },
  }
  const converse = await callThrough(cache, { ...converseCall(''), body: Buffer.from(JSON.stringify(body)) })
  expect(documentOf(converse.reply).stopReason).toBe('guardrail_intervened')
  const native = await callThrough(
    cache,
    claudeCall('[blocked topic]', {
      headers: {
        'content-type': 'application/json',
        'x-amzn-bedrock-guardrailidentifier': 'abc123',
        'x-amzn-bedrock-guardrailversion': '1',
      },
    }),
  )
  expect(documentOf(native.reply)['amazon-bedrock-guardrailAction']).toBe('INTERVENED')
  await expect(stack.keys('cache/')).resolves.toEqual([])
})

test('two concurrent calls may both reach the model and store one answer', async () => {
  const cache = cacheOf('ALL')
  const both = await Promise.all([1, 2].map(() => callThrough(cache, converseCall('Name a star'))))
  expect(both.map(({ isHit }) => isHit)).toEqual([false, false])
  await expect(stack.keys('cache/')).resolves.toHaveLength(1)
  await expect(callThrough(cache, converseCall('Name a star'))).resolves.toMatchObject({ isHit: true })
})

describe('a failing cache counts as a miss', () => {
  let logged: { warn: jest.SpyInstance; error: jest.SpyInstance }

  beforeEach(() => {
    logged = {
      warn: jest.spyOn(logger, 'warn').mockImplementation(() => {}),
      error: jest.spyOn(logger, 'error').mockImplementation(() => {}),
    }
  })
  afterEach(() => {
    logged.warn.mockRestore()
    logged.error.mockRestore()
  })

  test('whatever error S3 answers', async () => {
    const refused = async () => ({ ...stack.store, bucket: 'not-there' })
    const cache = cacheOf('ALL', { loadStore: refused })
    await expect(callThrough(cache, converseCall('Name a planet'))).resolves.toMatchObject({
      isHit: false,
      told: 'miss',
    })
    expect(logged.error).toHaveBeenCalledWith('ResponseCache failed', { causeName: 'NoSuchBucket' })
  })

  test('however long S3 takes', async () => {
    const cache = createResponseCache({
      options: { responseCache: 'ALL', responseCacheSeconds: 60 },
      loadStore: () => new Promise(() => {}),
      readLimitMs: 0,
    })
    const outcome = await callThrough(cache, converseCall('Name a moon'))
    expect(outcome).toMatchObject({ isHit: false, reply: { statusCode: 200 } })
    expect(logged.warn).toHaveBeenCalledWith('ResponseCache could not be read', { causeName: 'TimeoutError' })
  })
})
