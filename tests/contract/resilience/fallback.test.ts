import type { ModelCall } from '../../../layers/runtime/src/core/model-call.ts'
import { callWithFallback } from '../../../layers/runtime/src/pipeline/fallback/call-with-fallback.ts'
import { createFallbackPlan } from '../../../layers/runtime/src/pipeline/fallback/plan-fallback.ts'
import { NOVA, type Services, type Stack, startServices } from '../jobs/support/start-services.ts'
import { CLAUDE, claudeCall, converseCall, documentOf, NEVER, requestOf, send, textOf } from './support.ts'

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
const plan = createFallbackPlan({ chains: [], resolve: (call) => call, admit: () => {} })

function withFallback(list: string, changes: Partial<ModelCall> = {}): Partial<ModelCall> {
  return { ...changes, headers: { 'x-model-fallback': list } }
}

/** As a route makes a call. */
async function callModels<Answer>(call: ModelCall, sendOne: (call: ModelCall, retry: boolean) => Promise<Answer>) {
  let replyHeaders: ModelCall['replyHeaders'] = {}
  const calls = await plan(call)
  const answer = await callWithFallback({
    calls,
    retry: false,
    signal: NEVER,
    remainingMs: () => 60_000,
    send(staged, retry) {
      ;({ replyHeaders } = staged)
      return sendOne(staged, retry)
    },
  })
  return { answer, replyHeaders }
}

const modelsCalled = () => stack.calls.map((path) => decodeURIComponent(path.split('/')[2] ?? ''))

test.each([
  'throttle=1',
  'error=ServiceUnavailableException',
  'error=ModelNotReadyException',
  'error=ModelTimeoutException',
])('a model that answers %s is followed by the next, with the same bytes', async (directive) => {
  const call = converseCall(
    `[emulator:for=nova-lite][emulator:${directive}]Say hello`,
    withFallback(`${MICRO},${CLAUDE}`),
  )
  const { answer, replyHeaders } = await callModels(call, (staged) => send(stack, staged))
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

test('the next call begins with the first choice again, which then answers', async () => {
  const call = converseCall('[emulator:for=nova-lite][emulator:throttle=1]Say hello twice', withFallback(MICRO))
  const first = await callModels(call, (staged) => send(stack, staged))
  const second = await callModels(call, (staged) => send(stack, staged))
  expect(first.replyHeaders['x-bedrock-functions-model']).toBe(MICRO)
  expect(second.replyHeaders).toEqual({ 'x-bedrock-functions-model': NOVA })
  expect(modelsCalled()).toEqual([NOVA, MICRO, NOVA])
})

test.each(['ValidationException', 'AccessDeniedException', 'ModelErrorException'])(
  '%s is the answer, and no other model is called',
  async (type) => {
    const call = converseCall(`[emulator:for=nova-lite][emulator:error=${type}]`, withFallback(MICRO))
    await expect(callModels(call, (staged) => send(stack, staged))).rejects.toMatchObject({ name: type })
    expect(modelsCalled()).toEqual([NOVA])
  },
)

test('each model is called once where all are throttled, and the first one’s error is told', async () => {
  const call = converseCall('[emulator:throttle=9]', withFallback(`${MICRO},${CLAUDE}`))
  await expect(callModels(call, (staged) => send(stack, staged))).rejects.toMatchObject({
    name: 'ThrottlingException',
    statusCode: 429,
    message: expect.stringMatching(/^Too many requests.* Fallback amazon\.nova-micro-v1:0: ThrottlingException/),
  })
  expect(modelsCalled()).toEqual([NOVA, MICRO, CLAUDE])
})

test('a native call falls back to another model of its family', async () => {
  const opus = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
  const call = claudeCall('[emulator:for=haiku][emulator:throttle=1]Say hello', withFallback(opus))
  const { answer } = await callModels(call, (staged) => send(stack, staged))
  expect(documentOf(answer)).toMatchObject({ type: 'message', role: 'assistant' })
  expect(modelsCalled()).toEqual([CLAUDE, opus])
  await expect(plan(claudeCall('Say hello', withFallback(NOVA)))).rejects.toMatchObject({ name: 'ValidationException' })
})

describe('streams', () => {
  const open = (staged: ModelCall) => stack.bedrock.openStream(requestOf(staged), { signal: NEVER, retry: false })
  const streamed = (prompt: string) => converseCall(prompt, withFallback(MICRO, { operation: 'ConverseStream' }))

  test.each(['throttle=1', 'exception=ThrottlingException@0', 'exception=ServiceUnavailableException@0'])(
    'fall back after %s, before the first event',
    async (directive) => {
      const call = streamed(`[emulator:for=nova-lite][emulator:${directive}]Say hello`)
      const { answer, replyHeaders } = await callModels(call, open)
      answer.source.destroy()
      expect(modelsCalled()).toEqual([NOVA, MICRO])
      expect(replyHeaders['x-bedrock-functions-model']).toBe(MICRO)
    },
  )

  test('do not fall back once one has begun', async () => {
    const call = streamed('[emulator:for=nova-lite][emulator:exception=ThrottlingException@1]Say hello')
    const { answer, replyHeaders } = await callModels(call, open)
    answer.source.destroy()
    expect(modelsCalled()).toEqual([NOVA])
    expect(replyHeaders).toEqual({ 'x-bedrock-functions-model': NOVA })
  })
})
