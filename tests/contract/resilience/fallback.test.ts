import type { ModelCall } from '../../../layers/runtime/src/core/model-call.ts'
import { callBasics, createTestPipeline } from '../../support/calls.ts'
import { NOVA, type Services, type Stack, startServices } from '../jobs/support/start-services.ts'
import { CLAUDE, claudeCall, converseCall, documentOf, textOf } from './support.ts'

let services: Services
let stack: Stack

beforeAll(async () => {
  services = await startServices({ stacks: 30 })
})
beforeEach(() => {
  stack = services.createStack()
})
afterAll(() => services.close())

const MICRO = 'amazon.nova-micro-v1:0'

function withFallback(list: string, changes: Partial<ModelCall> = {}): Partial<ModelCall> {
  return { ...changes, headers: { 'x-model-fallback': list } }
}

/** Makes a call like a route. */
async function callModels(call: ModelCall) {
  const { reply } = await createTestPipeline(stack.bedrock).answer(call, { ...callBasics(), retry: false })
  return { answer: reply, replyHeaders: pickOwn(reply.headers) }
}

function pickOwn(headers: Readonly<Record<string, string>>): Record<string, string> {
  const names = ['x-bedrock-functions-model', 'x-bedrock-functions-fallback']
  return Object.fromEntries(Object.entries(headers).filter(([name]) => names.includes(name)))
}

const modelsCalled = () => stack.calls.map((path) => decodeURIComponent(path.split('/')[2] ?? ''))

test.each([
  'throttle=1',
  'error=ServiceUnavailableException',
  'error=ModelNotReadyException',
  'error=ModelTimeoutException',
])('after %s the next model is called with the same bytes', async (directive) => {
  const call = converseCall(
    `[emulator:for=nova-lite][emulator:${directive}]Say hello`,
    withFallback(`${MICRO},${CLAUDE}`),
  )
  const { answer, replyHeaders } = await callModels(call)
  expect(answer.statusCode).toBe(200)
  expect(textOf(answer)).not.toBe('')
  expect(modelsCalled()).toEqual([NOVA, MICRO])
  expect(replyHeaders).toEqual({
    'x-bedrock-functions-model': MICRO,
    'x-bedrock-functions-fallback': expect.stringMatching(
      /^amazon\.nova-lite-v1:0: (Throttling|ServiceUnavailable|Model\w+)Exception$/,
    ),
  })
})

test('the next call begins with the first model again', async () => {
  const call = converseCall('[emulator:for=nova-lite][emulator:throttle=1]Say hello twice', withFallback(MICRO))
  const first = await callModels(call)
  const second = await callModels(call)
  expect(first.replyHeaders['x-bedrock-functions-model']).toBe(MICRO)
  expect(second.replyHeaders).toEqual({ 'x-bedrock-functions-model': NOVA })
  expect(modelsCalled()).toEqual([NOVA, MICRO, NOVA])
})

test.each(['ValidationException', 'AccessDeniedException', 'ModelErrorException'])(
  '%s is returned, and no other model is called',
  async (type) => {
    const call = converseCall(`[emulator:for=nova-lite][emulator:error=${type}]`, withFallback(MICRO))
    await expect(callModels(call)).rejects.toMatchObject({ name: type })
    expect(modelsCalled()).toEqual([NOVA])
  },
)

test('each model is called once if all are throttled, and the error is the first one’s', async () => {
  const call = converseCall('[emulator:throttle=9]', withFallback(`${MICRO},${CLAUDE}`))
  await expect(callModels(call)).rejects.toMatchObject({
    name: 'ThrottlingException',
    statusCode: 429,
    message: expect.stringMatching(/^Too many requests.* Fallback amazon\.nova-micro-v1:0: ThrottlingException/),
  })
  expect(modelsCalled()).toEqual([NOVA, MICRO, CLAUDE])
})

test('a native call falls back to another model of its family', async () => {
  const opus = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
  const call = claudeCall('[emulator:for=haiku][emulator:throttle=1]Say hello', withFallback(opus))
  const { answer } = await callModels(call)
  expect(documentOf(answer)).toMatchObject({ type: 'message', role: 'assistant' })
  expect(modelsCalled()).toEqual([CLAUDE, opus])
  await expect(callModels(claudeCall('Say hello', withFallback(NOVA)))).rejects.toMatchObject({
    name: 'ValidationException',
  })
})

describe('streams', () => {
  async function open(call: ModelCall) {
    const { source, headers } = await createTestPipeline(stack.bedrock).open(call, {
      ...callBasics(),
      retry: false,
      silenceLimitMs: 60_000,
    })
    source.destroy()
    return { replyHeaders: pickOwn(headers) }
  }
  const streamed = (prompt: string) => converseCall(prompt, withFallback(MICRO, { operation: 'ConverseStream' }))

  test.each(['throttle=1', 'exception=ThrottlingException@0', 'exception=ServiceUnavailableException@0'])(
    'fall back after %s before the first event',
    async (directive) => {
      const call = streamed(`[emulator:for=nova-lite][emulator:${directive}]Say hello`)
      const { replyHeaders } = await open(call)
      expect(modelsCalled()).toEqual([NOVA, MICRO])
      expect(replyHeaders['x-bedrock-functions-model']).toBe(MICRO)
    },
  )

  test('do not fall back after the first event', async () => {
    const call = streamed('[emulator:for=nova-lite][emulator:exception=ThrottlingException@1]Say hello')
    const { replyHeaders } = await open(call)
    expect(modelsCalled()).toEqual([NOVA])
    expect(replyHeaders).toEqual({ 'x-bedrock-functions-model': NOVA })
  })
})
