import { BedrockError, RestError } from '@bedrock-functions/runtime/core'
import type { Facts, ModelCall } from '../../../../layers/runtime/src/core/model-call.ts'
import { callWithFallback, planFallback } from '../../../../layers/runtime/src/pipeline/fallback/fallback.ts'

const NEVER = new AbortController().signal

function callOf(modelId: string, changes: Partial<ModelCall> = {}): ModelCall {
  const body = new Uint8Array()
  return {
    operation: 'Converse',
    modelId,
    headers: {},
    body,
    caller: undefined,
    replyHeaders: {},
    ...changes,
  }
}

const throttled = new BedrockError('ThrottlingException', 'Too many requests.', { headers: { 'retry-after': '2' } })

/** Creates a `send` whose models fail with these errors in order and then answer. */
function sendTo(outcomes: Readonly<Record<string, Error>>) {
  const sent: { modelId: string; retry: boolean; replyHeaders: ModelCall['replyHeaders'] }[] = []
  return {
    sent,
    async send({ modelId, replyHeaders }: ModelCall, retry: boolean) {
      sent.push({ modelId, retry, replyHeaders })
      const error = outcomes[modelId]
      if (error) throw error
      return modelId
    },
  }
}

interface Changes {
  readonly facts?: Facts
  readonly retry?: boolean
  readonly signal?: AbortSignal
  readonly remainingMs?: () => number
}

function callAll(
  calls: readonly ModelCall[],
  send: ReturnType<typeof sendTo>['send'],
  { facts = {}, ...changes }: Changes = {},
) {
  const note = (more: Facts) => Object.assign(facts, more)
  return callWithFallback(calls, { retry: true, signal: NEVER, remainingMs: () => 60_000, note, ...changes }, send)
}

describe('callWithFallback', () => {
  test('calls a single model without changing its error', async () => {
    const { send, sent } = sendTo({ a: throttled })
    await expect(callAll([callOf('a')], send)).rejects.toBe(throttled)
    expect(sent).toEqual([{ modelId: 'a', retry: true, replyHeaders: {} }])
  })

  test('returns the answer of the first model and names it', async () => {
    const { send, sent } = sendTo({})
    const facts: Facts = {}
    await expect(callAll([callOf('a'), callOf('b')], send, { facts })).resolves.toBe('a')
    expect(sent).toEqual([{ modelId: 'a', retry: false, replyHeaders: { 'x-bedrock-functions-model': 'a' } }])
    expect(facts).toEqual({ modelId: 'a' })
  })

  test.each([
    ['ThrottlingException', 429],
    ['ModelNotReadyException', 429],
    ['ServiceUnavailableException', 503],
    ['ModelTimeoutException', 408],
    ['TooManyRequestsException', 429],
  ])('calls the next model after %s', async (name, statusCode) => {
    const { send, sent } = sendTo({ a: new RestError(name, statusCode, 'no') })
    await expect(callAll([callOf('a'), callOf('b')], send)).resolves.toBe('b')
    expect(sent[1]?.replyHeaders).toEqual({
      'x-bedrock-functions-model': 'b',
      'x-bedrock-functions-fallback': `a: ${name}`,
    })
  })

  test.each([
    'ValidationException',
    'AccessDeniedException',
    'ResourceNotFoundException',
    'ModelErrorException',
  ] as const)('returns %s unchanged', async (name) => {
    const error = new BedrockError(name, 'no')
    const { send, sent } = sendTo({ a: error })
    await expect(callAll([callOf('a'), callOf('b')], send)).rejects.toBe(error)
    expect(sent).toHaveLength(1)
  })

  test('does not call another model after an internal fault', async () => {
    const { send, sent } = sendTo({ a: throttled, b: new TypeError('ours') })
    await expect(callAll([callOf('a'), callOf('b'), callOf('c')], send)).rejects.toThrow(TypeError)
    expect(sent).toHaveLength(2)
  })

  test('retries only the last model, and only if the caller does not retry', async () => {
    const models = { a: throttled, b: throttled }
    const ours = sendTo(models)
    await callAll([callOf('a'), callOf('b'), callOf('c')], ours.send)
    expect(ours.sent.map(({ retry }) => retry)).toEqual([false, false, true])
    const callers = sendTo(models)
    await callAll([callOf('a'), callOf('b'), callOf('c')], callers.send, { retry: false })
    expect(callers.sent.map(({ retry }) => retry)).toEqual([false, false, false])
  })

  test("throws the first model's error with those of the others if none answers", async () => {
    const { send } = sendTo({ a: throttled, b: new BedrockError('ValidationException', 'Too many images.') })
    const facts: Facts = {}
    const calls = [callOf('a'), callOf('b'), callOf('c')]
    const error = await callAll(calls, send, { facts }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      name: 'ThrottlingException',
      statusCode: 429,
      message: 'Too many requests. Fallback b: ValidationException, Too many images.',
      headers: { 'retry-after': '2', 'x-bedrock-functions-fallback': 'a: ThrottlingException, b: ValidationException' },
    })
    expect(facts).toEqual({
      modelId: 'a',
      fallbacks: 2,
      fallback: 'a: ThrottlingException, b: ValidationException',
    })
  })

  test('calls no model without enough time', async () => {
    const { send, sent } = sendTo({ a: throttled })
    await expect(callAll([callOf('a'), callOf('b')], send, { remainingMs: () => 999 })).rejects.toBe(throttled)
    expect(sent).toHaveLength(1)
  })

  test("throws the deadline's error", async () => {
    const deadline = new AbortController()
    const late = new BedrockError('ModelTimeoutException', 'The limit is 1 s.')
    const { send, sent } = sendTo({ a: throttled, b: late })
    deadline.abort(late)
    const calls = [callOf('a'), callOf('b'), callOf('c')]
    await expect(callAll(calls, send, { signal: deadline.signal })).rejects.toBe(throttled)
    expect(sent).toHaveLength(1)
    const during = new AbortController()
    const outcome = callAll(
      calls,
      async (call, retry) => {
        if (call.modelId === 'b') during.abort(late)
        return send(call, retry)
      },
      { signal: during.signal },
    )
    await expect(outcome).rejects.toMatchObject({
      name: 'ModelTimeoutException',
      message: 'The limit is 1 s.',
      headers: { 'x-bedrock-functions-fallback': 'a: ThrottlingException, b: ModelTimeoutException' },
    })
  })
})

describe('a fallback plan', () => {
  const ALIASES: Readonly<Record<string, string>> = { haiku: 'us.anthropic.claude-haiku', lite: 'amazon.nova-lite' }
  const chains = [{ pattern: '*sonnet', fallbacks: ['haiku', 'secret', 'lite', 'us.anthropic.claude-sonnet'] }]
  function resolve(call: ModelCall): ModelCall {
    const modelId = ALIASES[call.modelId] ?? call.modelId
    if (modelId === 'secret') throw new BedrockError('AccessDeniedException', 'secret is not allowed')
    return { ...call, modelId }
  }

  const plan = (call: ModelCall) => planFallback(call, resolve(call), resolve, chains)
  const planned = (call: ModelCall) => [resolve(call), ...plan(call).calls].map(({ modelId }) => modelId)
  const asking = (list: string) => ({ headers: { 'x-model-fallback': list } })

  test('is the model alone by default', () => {
    expect(planned(callOf('amazon.nova-lite'))).toEqual(['amazon.nova-lite'])
  })

  test('resolves and checks every model', () => {
    const call = callOf('lite', asking('haiku'))
    expect(planned(call)).toEqual(['amazon.nova-lite', 'us.anthropic.claude-haiku'])
    expect(() => plan(callOf('lite', asking('haiku,secret')))).toThrow('secret is not allowed')
  })

  test('has the stack’s chain without models that are not allowed or already called', () => {
    const call = callOf('us.anthropic.claude-sonnet')
    expect(planned(call)).toEqual(['us.anthropic.claude-sonnet', 'us.anthropic.claude-haiku', 'amazon.nova-lite'])
    expect(plan(call).leftOut).toBe('secret: AccessDeniedException')
  })

  test('has the request’s list instead of the chain, and nothing for none', () => {
    const modelId = 'us.anthropic.claude-sonnet'
    expect(planned(callOf(modelId, asking('lite')))).toEqual([modelId, 'amazon.nova-lite'])
    expect(planned(callOf(modelId, asking('none')))).toEqual([modelId])
  })

  test('does not call a model twice under two names', () => {
    expect(() => plan(callOf('amazon.nova-lite', asking('lite')))).toThrow(
      expect.objectContaining({
        name: 'ValidationException',
        message: 'x-model-fallback names lite, which is amazon.nova-lite: that model is called already.',
      }),
    )
  })

  test.each(['InvokeModel', 'InvokeModelWithResponseStream'] as const)('of %s stays in the family', (operation) => {
    const call = callOf('us.anthropic.claude-sonnet', { operation, ...asking('lite') })
    expect(() => plan(call)).toThrow(
      expect.objectContaining({
        name: 'ValidationException',
        message: expect.stringContaining(
          'does not read the native body of us.anthropic.claude-sonnet (Nova, not Claude)',
        ),
      }),
    )
    const alike = callOf('us.anthropic.claude-sonnet', { operation, ...asking('haiku') })
    expect(planned(alike)).toHaveLength(2)
    // The stack's chain is left out for a call that it does not suit.
    expect(planned(callOf('us.anthropic.claude-sonnet', { operation }))).toEqual([
      'us.anthropic.claude-sonnet',
      'us.anthropic.claude-haiku',
    ])
    const provisioned = 'arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc'
    expect(planned(callOf(provisioned, { operation, ...asking('haiku') }))).toHaveLength(2)
  })
})
