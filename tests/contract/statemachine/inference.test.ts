import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { FunctionError } from '../../../local/lambda/errors.ts'
import { listTransitions } from '../../../local/workflow/definition/definition.ts'
import { COST } from './support/stand-in-functions.ts'
import { BUCKET, type RunningWorkflow, startWorkflow } from './support/start-workflow.ts'

const QUESTION = '日本で一番高い山は?'
const HAIKU = 'global.anthropic.claude-haiku-4-5-20251001-v1:0'
const RESULT_MEMBERS = [
  'answer',
  'estimatedCost',
  'guardrail',
  'invocationArn',
  'mode',
  'modelId',
  'outputs',
  'status',
  'text',
  'timedOut',
  'usage',
]
const converse = { messages: [{ role: 'user', content: [{ text: QUESTION }] }] }
const claudeBody = (text: string, maxTokens = 100) => ({
  anthropic_version: 'bedrock-2023-05-31',
  max_tokens: maxTokens,
  messages: [{ role: 'user', content: [{ type: 'text', text }] }],
})
const guardrail = { guardrailIdentifier: 'abcdefghij12', guardrailVersion: '1' }

let workflow: RunningWorkflow
let s3: S3Client

beforeAll(async () => {
  workflow = await startWorkflow()
  s3 = new S3Client({
    endpoint: workflow.s3Url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
})
beforeEach(() => workflow.functions.setCourse({}))
afterAll(async () => {
  s3.destroy()
  workflow.functions.close()
  await workflow.close()
})

/** Calls of models, without the stalled ones of earlier tests, which end at any time. */
const modelCalls = () =>
  workflow.calls.filter(({ operation, durationMs }) => operation !== 'ApplyGuardrail' && durationMs < 4000).length
const lastEvent = (functionName: string) =>
  workflow.functions.events.findLast((invocation) => invocation.functionName === functionName)?.event

describe('one result shape in every mode', () => {
  test.each(['direct', 'sync', 'async', 'auto'])('is made of a prompt in mode %s', async (mode) => {
    const { status, result } = await workflow.run({ prompt: QUESTION, mode })
    expect(status).toBe('SUCCEEDED')
    expect(Object.keys(result).sort()).toEqual(RESULT_MEMBERS)
    expect(result).toMatchObject({
      status: 'Completed',
      mode: mode === 'auto' ? 'direct' : mode,
      modelId: 'global.anthropic.claude-sonnet-4-6',
      text: expect.stringContaining('富士山'),
      usage: { inputTokens: expect.any(Number), outputTokens: expect.any(Number) },
      // In mode direct no function runs: the definition has the prices.
      estimatedCost:
        mode === 'sync' || mode === 'async'
          ? COST
          : { usd: expect.any(Number), currency: 'USD', priceDate: '2026-11-10' },
      guardrail: null,
      timedOut: false,
    })
    expect(result.answer).toBeTruthy()
  })

  test.each(['direct', 'sync', 'async'])('is made of a Converse request in mode %s', async (mode) => {
    const { result } = await workflow.run({ converse, mode, modelId: 'global.amazon.nova-2-lite-v1:0' })
    expect(result).toMatchObject({
      mode,
      text: expect.stringContaining('富士山'),
      usage: { outputTokens: expect.any(Number) },
    })
  })

  test.each(['direct', 'sync', 'async'])('is made of a native body in mode %s', async (mode) => {
    const { result } = await workflow.run({ invokeModel: claudeBody(QUESTION), mode })
    expect(result).toMatchObject({ mode, text: expect.stringContaining('富士山'), answer: { type: 'message' } })
    if (mode === 'sync') expect(result.estimatedCost).toEqual(COST)
  })

  test('only the function reads an object that a native body names, with its owner', async () => {
    const source = { s3Location: { uri: 's3://jobs/uploads/somebody/a' } }
    const invokeModel = { ...claudeBody(QUESTION), messages: [{ role: 'user', content: [{ image: { source } }] }] }
    const { error, cause } = await workflow.run({ invokeModel, mode: 'direct' })
    expect([error, cause]).toEqual(['ValidationException', expect.stringContaining('s3Location')])
    await workflow.run({ invokeModel })
    expect(lastEvent('InvokeEventFunction')).toMatchObject({ body: JSON.stringify(invokeModel) })
  })

  test('mode auto uses the function for requests that mode direct does not accept', async () => {
    expect((await workflow.run({ converse })).result.mode).toBe('sync')
    expect((await workflow.run({ prompt: QUESTION, modelId: 'us.amazon.nova-lite-v1:0' })).result.mode).toBe('sync')
    expect((await workflow.run({ invokeModel: claudeBody(QUESTION) })).result.mode).toBe('direct')
  })

  test.each([
    [{ prompt: QUESTION, maxTokens: 4096 }],
    [{ converse: { ...converse, inferenceConfig: { maxTokens: 4096 } } }],
    [{ invokeModel: claudeBody(QUESTION, 4096) }],
  ])('mode auto makes a job of a long answer: %j', async (input) => {
    expect((await workflow.run(input)).result.mode).toBe('async')
  })

  test('text is found after reasoning and in chat completions, or is null', async () => {
    const reasoning = { type: 'enabled', budget_tokens: 1024 }
    const thinking = await workflow.run({
      converse: {
        ...converse,
        inferenceConfig: { maxTokens: 3000 },
        additionalModelRequestFields: { thinking: reasoning },
      },
      modelId: HAIKU,
    })
    expect(thinking.result.text).toContain('富士山')
    const native = await workflow.run({
      invokeModel: { ...claudeBody(QUESTION, 3000), thinking: reasoning },
      modelId: HAIKU,
    })
    expect(native.result.text).toContain('富士山')
    const chat = await workflow.run({
      invokeModel: { messages: [{ role: 'user', content: QUESTION }] },
      modelId: 'openai.gpt-oss-20b-1:0',
    })
    expect(chat.result).toMatchObject({
      text: expect.stringContaining('富士山'),
      usage: { outputTokens: expect.any(Number) },
    })
    const embedding = await workflow.run({ invokeModel: { inputText: 'a' }, modelId: 'amazon.titan-embed-text-v2:0' })
    expect(embedding.result).toMatchObject({ text: null, usage: null, answer: { embedding: expect.any(Array) } })
  })
})

describe('the caller', () => {
  test('comes from outside the request, never from inside it', async () => {
    const requestContext = { identity: { userArn: 'arn:aws:iam::123456789012:user/alice', apiKeyId: '' } }
    const forged = { requestContext: { identity: { userArn: 'arn:aws:iam::123456789012:user/mallory' } } }
    await workflow.run({ request: { converse, mode: 'sync', ...forged }, requestContext })
    expect(lastEvent('InvokeEventFunction')).toMatchObject({ operation: 'Converse', requestContext })
    await workflow.run({
      request: { converse: { ...converse, ...forged, operation: 'Else' }, mode: 'sync' },
      requestContext,
    })
    expect(lastEvent('InvokeEventFunction')).toMatchObject({ operation: 'Converse', requestContext })
    await workflow.run({ request: { prompt: QUESTION, mode: 'async' }, requestContext })
    expect(lastEvent('StartJobEventFunction')).toMatchObject({ requestContext })
    expect(lastEvent('PollJobEventFunction')).toMatchObject({ requestContext })
    await workflow.run({ converse, mode: 'sync', ...forged })
    expect(lastEvent('InvokeEventFunction')).toMatchObject({ requestContext: {} })
  })

  test("of a job is found by the event's id, which is the job's token", async () => {
    const event = {
      id: 'event-1',
      source: 'app',
      'detail-type': 'Workflow Requested',
      detail: { prompt: 'Hi', mode: 'async' },
    }
    expect((await workflow.run(event)).result.mode).toBe('async')
    expect(lastEvent('StartJobEventFunction')).toMatchObject({ clientRequestToken: 'event-1', requestContext: {} })
    await workflow.run({ prompt: 'Hi', mode: 'async' }, 'execution-1')
    expect(lastEvent('StartJobEventFunction')).toMatchObject({ clientRequestToken: 'execution-1' })
    await workflow.run({ prompt: 'Hi', mode: 'async', clientRequestToken: 'own' })
    expect(lastEvent('StartJobEventFunction')).toMatchObject({ clientRequestToken: 'own' })
  })
})

describe('numbers that JavaScript rounds', () => {
  const start = (input: string) => workflow.stepFunctions.startSyncExecution({ arn: workflow.arn, input })
  const document = '{"messages":[{"role":"user","content":[{"text":"Hi"}]}],"ids":[12345678901234567890,{"n":1e400}]}'
  const native = document.replace('{', '{"anthropic_version":"bedrock-2023-05-31","max_tokens":20,')

  test.each([
    ['a Converse call', `{"converse":${document},"mode":"sync"}`, { body: document }],
    ['a native call', `{"invokeModel":${native},"mode":"sync"}`, { body: native }],
    ['a Converse job', `{"converse":${document},"mode":"async"}`, { input: { converse: document } }],
    ['a native job', `{"invokeModel":${native},"mode":"async"}`, { modelInput: native }],
  ])('reach the function unchanged: %s', async (_name, input, event) => {
    await start(input)
    const name = input.includes('"sync"') ? 'InvokeEventFunction' : 'StartJobEventFunction'
    expect(lastEvent(name)).toMatchObject(event)
  })

  test('are returned as they were given', async () => {
    const answer = '{"output":{"message":{"content":[]}},"stopReason":"end_turn","id":-9007199254740993}'
    workflow.functions.answerNext('InvokeEventFunction', answer)
    const { output } = await start(`{"converse":${document},"mode":"sync"}`)
    expect(output).toContain(`"answer":${answer}`)
  })
})

describe('bad input is an error that names its field', () => {
  test.each<[string, unknown]>([
    ['JSON object', 'text'],
    ['JSON object', [1]],
    ['JSON object', [{ prompt: 'a' }]],
    ['JSON object', []],
    ['JSON object', { request: [], requestContext: {} }],
    ['JSON object', 7],
    ['JSON object', { request: null, requestContext: {} }],
    ['JSON object', {}],
    ['prompt', {}],
    ['prompt', { prompt: '' }],
    ['prompt', { prompt: 1 }],
    ['prompt', { prompt: 'a', converse }],
    ['converse', { converse: 'a' }],
    ['invokeModel', { invokeModel: [1] }],
    ['inputS3Uri', { inputS3Uri: 'https://example.com' }],
    ['modelId', { prompt: 'a', modelId: 1 }],
    ['modelId', { prompt: 'a', modelId: '' }],
    ['mode', { prompt: 'a', mode: 'fast' }],
    ['mode', { prompt: 'a', mode: 1 }],
    ['maxTokens', { prompt: 'a', maxTokens: 0 }],
    ['maxTokens', { prompt: 'a', maxTokens: '5' }],
    ['maxTokens', { prompt: 'a', maxTokens: 1.5 }],
    ['waitSeconds', { prompt: 'a', waitSeconds: 281 }],
    ['waitSeconds', { prompt: 'a', waitSeconds: 2.5 }],
    ['waitSeconds', { request: { prompt: 'a', waitSeconds: 26 }, requestContext: {} }],
    ['onTimeout', { prompt: 'a', onTimeout: 'retry' }],
    ['inputType', { inputS3Uri: 's3://jobs/a', inputType: 'text' }],
    ['clientRequestToken', { prompt: 'a', clientRequestToken: 5 }],
    ['guardrail', { prompt: 'a', guardrail: 'abc' }],
    ['guardrail', { prompt: 'a', guardrail: { guardrailIdentifier: 'abc' } }],
    ['guardrail', { prompt: 'a', guardrail: { ...guardrail, output: 'yes' } }],
    ['guardrail', { inputS3Uri: 's3://jobs/a', guardrail }],
    ['waitSeconds', { request: { prompt: 'a', waitSeconds: 26, mode: 'direct' }, requestContext: {} }],
    ['invokeModel', { invokeModel: { imageGenerationConfig: {} }, mode: 'sync' }],
    ['inputS3Uri', { inputS3Uri: 's3://jobs/a', mode: 'direct' }],
    [
      'inputS3Uri',
      { request: { inputS3Uri: 's3://jobs/a', mode: 'direct', inputType: 'invokeModel' }, requestContext: {} },
    ],
    ['inputS3Uri', { inputS3Uri: 's3://jobs/a', mode: 'sync' }],
  ])('%s: %j', async (field, input) => {
    const before = modelCalls()
    const { status, error, cause } = await workflow.run(input)
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'ValidationException' })
    expect(cause).toContain(field)
    expect(modelCalls()).toBe(before)
  })

  test('a model that mode direct does not support is refused', async () => {
    const { error, cause } = await workflow.run({ prompt: 'a', mode: 'direct', modelId: 'us.amazon.nova-lite-v1:0' })
    expect(error).toBe('AccessDeniedException')
    expect(cause).toContain('WorkflowDirectModels')
  })

  test.each([
    ['direct', { invokeModel: { max_tokens: 5 }, mode: 'direct' }],
    ['sync', { converse: { messages: [] }, mode: 'sync' }],
  ])("a refusal by Bedrock in mode %s has Bedrock's message", async (_mode, input) => {
    const { error, cause } = await workflow.run(input)
    expect(error).toBe('ValidationException')
    expect(cause).not.toContain('errorMessage')
    expect(cause?.length).toBeGreaterThan(5)
  })
})

describe('failures', () => {
  test.each([['prompt'], ['invokeModel']])('a direct call recovers from throttling: %s', async (kind) => {
    const text = `[emulator:throttle=1] ${QUESTION} ${kind}`
    const input = kind === 'prompt' ? { prompt: text } : { invokeModel: claudeBody(text) }
    const { result } = await workflow.run({ ...input, mode: 'direct' })
    expect(result.text).toContain('富士山')
    expect(workflow.executions.at(-1)?.trace.some(({ retries }) => retries === 1)).toBe(true)
  })

  test.each([
    ['direct', { prompt: '[emulator:throttle=99] direct', mode: 'direct' }],
    ['direct, native', { invokeModel: claudeBody('[emulator:throttle=99] native'), mode: 'direct' }],
    ['sync', { prompt: '[emulator:throttle=99] sync', mode: 'sync' }],
    ['sync, native', { invokeModel: claudeBody('[emulator:throttle=99] sync native'), mode: 'sync' }],
  ])('endless throttling fails with its error: %s', async (_name, input) => {
    expect(await workflow.run(input)).toMatchObject({
      status: 'FAILED',
      error: 'ThrottlingException',
      cause: expect.not.stringContaining('trace'),
    })
  })

  test('a sync call is not retried in addition to the tries of its function', async () => {
    const before = modelCalls()
    await workflow.run({ prompt: '[emulator:throttle=99] once', mode: 'sync' })
    expect(modelCalls() - before).toBe(1)
  })

  test('a Lambda without capacity is retried and is throttling in the end', async () => {
    workflow.functions.failNext('InvokeEventFunction')
    expect((await workflow.run({ converse, mode: 'sync' })).status).toBe('SUCCEEDED')
    for (let failure = 0; failure < 3; failure += 1) workflow.functions.failNext('InvokeEventFunction')
    expect((await workflow.run({ converse, mode: 'sync' })).error).toBe('ThrottlingException')
  })

  test('a failure without a Bedrock name is an InternalServerException without details', async () => {
    workflow.functions.failNext('InvokeEventFunction', new FunctionError('TypeError', 'secret'))
    const { error, cause } = await workflow.run({ converse, mode: 'sync' })
    expect(error).toBe('InternalServerException')
    expect(cause).not.toContain('secret')
  })

  describe.each([
    ['no bytes', ''],
    ['null', 'null'],
    ['an empty document', '{}'],
    ['the payload of an error', '{"errorType":"ThrottlingException","errorMessage":"later"}'],
    [
      'an answer without its content',
      '{"output":null,"contentType":"application/json","body":null,"invocationArn":null}',
    ],
  ])('a function that answers %s', (_name, payload) => {
    test.each([
      ['Converse', 'InvokeEventFunction', { converse, mode: 'sync' }],
      ['InvokeModel', 'InvokeEventFunction', { invokeModel: claudeBody('a'), mode: 'sync' }],
      ['a start of a job', 'StartJobEventFunction', { converse, mode: 'async' }],
    ])('fails the workflow: %s', async (_call, functionName, input) => {
      workflow.functions.answerNext(functionName, payload)
      expect(await workflow.run(input)).toMatchObject({
        status: 'FAILED',
        error: 'InternalServerException',
        cause: expect.stringContaining('no document'),
      })
    })

    test('leaves a polled job in progress', async () => {
      workflow.functions.answerNext('PollJobEventFunction', payload)
      expect(await workflow.run({ converse, mode: 'async' })).toMatchObject({
        status: 'SUCCEEDED',
        result: { status: 'InProgress', answer: null, invocationArn: expect.stringContaining('arn:') },
      })
    })
  })

  test.each([
    ['prompt', { prompt: '[emulator:stall=5000] a' }],
    ['invokeModel', { invokeModel: claudeBody('[emulator:stall=5000] a') }],
  ])('a stalled call ends after waitSeconds: %s', async (_kind, input) => {
    const answers = await Promise.all(
      ['direct', 'sync'].map((mode) => workflow.run({ ...input, mode, waitSeconds: 1 })),
    )
    for (const { error, cause } of answers) {
      expect(error).toBe('ModelTimeoutException')
      expect(cause).toContain('waitSeconds')
    }
  })

  test.each(['direct', 'sync'])('a timeout of the model itself is not one of waitSeconds, in mode %s', async (mode) => {
    const prompt = '[emulator:error=ModelTimeoutException]'
    const { error, cause } = await workflow.run({ prompt, mode })
    expect(error).toBe('ModelTimeoutException')
    expect(cause).not.toContain('waitSeconds')
    expect((await workflow.run({ prompt, mode, onTimeout: 'job' })).result).toMatchObject({ timedOut: true })
  })

  test('an answer above the 6 MB of a function names the mode that holds it', async () => {
    const tooLarge = new FunctionError('Function.ResponseSizeTooLarge', 'Response payload size exceeded')
    workflow.functions.failNext('InvokeEventFunction', tooLarge)
    expect(await workflow.run({ converse, mode: 'sync' })).toMatchObject({
      error: 'ValidationException',
      cause: expect.stringContaining('mode async'),
    })
  })

  test('a stalled call continues as a job on request and returns its ARN', async () => {
    const before = workflow.functions.jobs.size
    const { result } = await workflow.run({
      prompt: '[emulator:stall=5000] b',
      mode: 'sync',
      waitSeconds: 1,
      onTimeout: 'job',
    })
    expect(result).toMatchObject({ status: 'InProgress', mode: 'async', timedOut: true, answer: null, text: null })
    expect(result.invocationArn).toContain(':async-invoke/')
    expect(workflow.functions.jobs.size - before).toBe(1)
  })
})

describe('jobs', () => {
  test('a job that is longer than the wait returns its ARN', async () => {
    workflow.functions.setCourse({ polls: 99 })
    const { result } = await workflow.run({ prompt: QUESTION, mode: 'async', waitSeconds: 6 })
    expect(result).toMatchObject({ status: 'InProgress', answer: null, timedOut: false })
    const polls = workflow.executions.at(-1)?.trace.filter(({ state }) => state === 'PollJob').length
    // 1 + 2 seconds, one for each poll, then the remaining second.
    expect(polls).toBe(3)
    workflow.functions.setCourse({})
    expect(await pollToEnd(result.invocationArn)).toMatchObject({ status: 'Completed' })
  })

  test('the pauses add up to waitSeconds', async () => {
    workflow.functions.setCourse({ polls: 99 })
    await workflow.run({ prompt: QUESTION, mode: 'async', waitSeconds: 6 })
    expect(workflow.executions.at(-1)?.trace.filter(({ state }) => state === 'PollJob').length).toBe(3)
  })

  test('a failed job fails the workflow, with its type if it is known', async () => {
    workflow.functions.setCourse({ failure: { failureType: 'ValidationException', failureMessage: 'too long' } })
    expect(await workflow.run({ prompt: 'a', mode: 'async' })).toMatchObject({
      error: 'ValidationException',
      cause: 'too long',
    })
    workflow.functions.setCourse({ failure: { failureMessage: 'broken' } })
    expect(await workflow.run({ prompt: 'a', mode: 'async' })).toMatchObject({
      error: 'ModelErrorException',
      cause: 'broken',
    })
  })

  test('an answer that is too large for a state, or of another type, stays in S3', async () => {
    for (const course of [
      { output: { body: JSON.stringify({ long: 'x'.repeat(200_001) }), contentType: 'application/json' } },
      { output: { body: 'video', contentType: 'video/mp4' } },
    ]) {
      workflow.functions.setCourse(course)
      const { result } = await workflow.run({ prompt: 'a', mode: 'async' })
      expect(result).toMatchObject({ status: 'Completed', answer: null, outputs: [{ s3Uri: expect.any(String) }] })
    }
  })

  test.each(['HeadObject', 'GetObject'] as const)('a failed %s does not lose the job', async (operation) => {
    workflow.s3.setFault({ operation, status: 503, code: 'SlowDown', times: 3 })
    const { result } = await workflow.run({ prompt: 'a', mode: 'async' })
    expect(result).toMatchObject({ status: 'Completed', answer: null, outputs: [{}] })
    workflow.s3.setFault({ operation, status: 503, code: 'SlowDown', times: 1 })
    expect((await workflow.run({ prompt: 'a', mode: 'async' })).result.answer).toBeTruthy()
  })

  test('a failed start fails the workflow, and a failed poll returns the ARN', async () => {
    workflow.functions.failNext('StartJobEventFunction', new FunctionError('AccessDeniedException', 'not yours'))
    expect(await workflow.run({ prompt: 'a', mode: 'async' })).toMatchObject({
      error: 'AccessDeniedException',
      cause: 'not yours',
    })
    workflow.functions.failNext('PollJobEventFunction', new FunctionError('InternalServerException', 'x'))
    expect((await workflow.run({ prompt: 'a', mode: 'async' })).result).toMatchObject({ status: 'InProgress' })
  })

  test('a refusal of an object by the job names inputS3Uri', async () => {
    const message = 'converse.s3Location.uri s3://jobs/uploads/o/1 is not among the locations'
    const causeOf = async (input: object, refusal = message) => {
      workflow.functions.failNext('StartJobEventFunction', new FunctionError('AccessDeniedException', refusal))
      return (await workflow.run({ ...input, mode: 'async' })).cause
    }
    const inputS3Uri = 's3://jobs/uploads/o/1'
    expect(await causeOf({ inputS3Uri })).toBe(`inputS3Uri: ${message}`)
    expect(await causeOf({ inputS3Uri, inputType: 'invokeModel' })).toBe(`inputS3Uri: ${message}`)
    expect(await causeOf({ inputS3Uri }, 'not now')).toBe('not now')
    expect(await causeOf({ converse })).toBe(message)
  })

  test.each([
    ['converse', { converse: { s3Location: { uri: 's3://jobs/uploads/o/1' } } }],
    ['invokeModel', { invokeModel: { s3Location: { uri: 's3://jobs/uploads/o/1' } } }],
  ])('an object given as %s becomes a job that names the object', async (inputType, input) => {
    const { result } = await workflow.run({ inputS3Uri: 's3://jobs/uploads/o/1', inputType })
    expect(result.mode).toBe('async')
    expect(lastEvent('StartJobEventFunction')).toMatchObject({ operation: 'StartAsyncInvoke', input })
  })
})

describe('guardrails', () => {
  test.each([
    ['prompt', { prompt: 'Which stocks should I buy? investment advice' }],
    ['converse', { converse: { messages: [{ role: 'user', content: [{ text: 'investment advice' }] }] } }],
    ['invokeModel', { invokeModel: claudeBody('investment advice') }],
  ])('a blocked %s never reaches the model', async (_kind, input) => {
    const before = modelCalls()
    const { status, result } = await workflow.run({ ...input, guardrail })
    expect(status).toBe('SUCCEEDED')
    expect(result).toMatchObject({
      status: 'Blocked',
      mode: null,
      text: expect.any(String),
      answer: null,
      guardrail: { action: 'GUARDRAIL_INTERVENED', source: 'INPUT' },
    })
    expect(Object.keys(result).sort()).toEqual(RESULT_MEMBERS)
    expect(modelCalls()).toBe(before)
  })

  test('allowed text is answered, and the answer is evaluated on request', async () => {
    expect((await workflow.run({ prompt: QUESTION, guardrail })).result).toMatchObject({
      status: 'Completed',
      guardrail: null,
    })
    expect((await workflow.run({ prompt: QUESTION, guardrail: { ...guardrail, output: true } })).result.status).toBe(
      'Completed',
    )
    workflow.functions.setCourse({ output: { body: '{"text":"investment advice"}', contentType: 'application/json' } })
    const { result } = await workflow.run({ prompt: 'hello', mode: 'async', guardrail: { ...guardrail, output: true } })
    expect(result).toMatchObject({ status: 'Blocked', answer: null, outputs: null, guardrail: { source: 'OUTPUT' } })
  })

  test('a masking guardrail is named in the text, and neither the document nor the masked text is shown', async () => {
    const prompt = 'Write to jane@example.com'
    const before = modelCalls()
    for (const input of [{ prompt }, { converse: { messages: [{ role: 'user', content: [{ text: prompt }] }] } }]) {
      expect((await workflow.run({ ...input, guardrail })).result).toMatchObject({
        status: 'Blocked',
        text: 'The guardrail masks a part of the input, which was not sent to the model.',
        guardrail: { action: 'GUARDRAIL_INTERVENED', source: 'INPUT' },
      })
    }
    expect(modelCalls()).toBe(before)
    workflow.functions.setCourse({
      output: { body: '{"text":"It is jane@example.com"}', contentType: 'application/json' },
    })
    const { result } = await workflow.run({ prompt: 'hello', mode: 'async', guardrail: { ...guardrail, output: true } })
    expect(result).toMatchObject({
      status: 'Blocked',
      text: 'The guardrail masks a part of the answer, which is kept back.',
      answer: null,
      outputs: null,
      guardrail: { source: 'OUTPUT' },
    })
  })

  test("an intervention of the call's own guardrail is a blocked answer", async () => {
    const messages = [{ role: 'user', content: [{ text: 'investment advice' }] }]
    const converse = { messages, guardrailConfig: guardrail }
    const { result } = await workflow.run({ converse, mode: 'sync' })
    expect(result).toMatchObject({
      status: 'Blocked',
      mode: 'sync',
      answer: { stopReason: 'guardrail_intervened' },
      usage: { inputTokens: expect.any(Number) },
      guardrail: { action: 'GUARDRAIL_INTERVENED', source: null },
    })
    expect(result.text).toBe(
      (result.answer as { output: { message: { content: [{ text: string }] } } }).output.message.content[0].text,
    )
    const body = JSON.stringify({ content: [{ text: 'No.' }], 'amazon-bedrock-guardrailAction': 'INTERVENED' })
    workflow.functions.setCourse({ output: { body, contentType: 'application/json' } })
    expect((await workflow.run({ prompt: 'hello', mode: 'async' })).result).toMatchObject({
      status: 'Blocked',
      text: 'No.',
      outputs: [expect.anything()],
      guardrail: { source: null },
    })
  })

  test('a failing guardrail blocks every call', async () => {
    const before = modelCalls()
    expect((await workflow.run({ prompt: '[emulator:throttle=99] x', guardrail })).error).toBe('ThrottlingException')
    expect(modelCalls()).toBe(before)
    workflow.functions.setCourse({
      output: { body: '{"text":"[emulator:error=AccessDeniedException]"}', contentType: 'application/json' },
    })
    const { error } = await workflow.run({ prompt: 'hello', mode: 'async', guardrail: { ...guardrail, output: true } })
    expect(error).toBe('AccessDeniedException')
  })
})

describe('256 KiB', () => {
  test('an object is read and written in mode direct, started by name', async () => {
    const body = claudeBody(`${'x '.repeat(150_000)} ${QUESTION}`)
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'uploads/o/large', Body: JSON.stringify(body) }))
    const input = { inputS3Uri: 's3://jobs/uploads/o/large', inputType: 'invokeModel', mode: 'direct' }
    const { result } = await workflow.run(input, 'large-1')
    expect(result).toMatchObject({
      mode: 'direct',
      answer: null,
      outputs: [{ s3Uri: 's3://jobs/output/workflow/large-1/output.json' }],
    })
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'output/workflow/large-1/output.json' }))
    expect(JSON.parse((await Body?.transformToString()) ?? '')).toMatchObject({ type: 'message' })
  })

  test('a native answer without a known limit comes by S3 in mode direct, whatever its size', async () => {
    const modelId = 'global.amazon.nova-2-lite-v1:0'
    const messages = (text: string) => [{ role: 'user', content: [{ text }] }]
    const small = await workflow.run(
      { invokeModel: { messages: messages(QUESTION) }, mode: 'direct', modelId },
      'small-1',
    )
    const outputs = (name: string) => [{ s3Uri: `s3://jobs/output/workflow/${name}/output.json` }]
    expect(small.result).toMatchObject({
      status: 'Completed',
      text: expect.stringContaining('富士山'),
      usage: { outputTokens: expect.any(Number) },
      estimatedCost: { usd: expect.any(Number) },
      outputs: outputs('small-1'),
    })
    const invokeModel = {
      messages: messages('[emulator:tokens=60000]'),
      inferenceConfig: { maxTokens: 64_000 },
    }
    const large = await workflow.run({ invokeModel, mode: 'direct', modelId }, 'long-1')
    expect(large.result).toMatchObject({ status: 'Completed', answer: null, text: null, outputs: outputs('long-1') })
    const { ContentLength } = await s3.send(
      new HeadObjectCommand({ Bucket: BUCKET, Key: 'output/workflow/long-1/output.json' }),
    )
    expect(ContentLength).toBeGreaterThan(262_144)
  })

  test('the text is left out where it would repeat too much of the answer', async () => {
    const text = '山'.repeat(60_000)
    const answer = { output: { message: { role: 'assistant', content: [{ text }] } }, stopReason: 'end_turn' }
    workflow.functions.answerNext('InvokeEventFunction', JSON.stringify(answer))
    expect((await workflow.run({ converse, mode: 'sync' })).result).toMatchObject({
      status: 'Completed',
      text: null,
      answer,
    })
  })

  test('a missing or stalled object fails', async () => {
    const input = { inputType: 'invokeModel', mode: 'direct' }
    const missing = await workflow.run({ ...input, inputS3Uri: 's3://jobs/uploads/o/none' })
    expect(missing.status).toBe('FAILED')
    const body = claudeBody('[emulator:stall=5000] c')
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'uploads/o/stalls', Body: JSON.stringify(body) }))
    const stalled = await workflow.run({ ...input, inputS3Uri: 's3://jobs/uploads/o/stalls', waitSeconds: 1 })
    expect(stalled.error).toBe('ModelTimeoutException')
  })

  test('an input above the limit is refused, and an answer above it ends the execution', async () => {
    const tooLong = JSON.stringify({ prompt: 'x'.repeat(262_144) })
    await expect(workflow.stepFunctions.startSyncExecution({ arn: workflow.arn, input: tooLong })).rejects.toThrow(
      '262144',
    )
    const { status, error } = await workflow.run({
      prompt: '[emulator:tokens=60000]',
      maxTokens: 64_000,
      mode: 'sync',
      modelId: HAIKU,
    })
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'States.DataLimitExceeded' })
  })

  test.each(['direct', 'sync', 'async'])('a request of nearly 256 KiB is accepted in mode %s', async (mode) => {
    const text = `${'x'.repeat(258_500)} ${QUESTION}`
    const { status, result } = await workflow.run({
      converse: { messages: [{ role: 'user', content: [{ text }] }] },
      mode,
    })
    expect([status, result?.status]).toEqual(['SUCCEEDED', 'Completed'])
  })

  test('a prompt of nearly 256 KiB is accepted', async () => {
    const { result } = await workflow.run({ prompt: `${'x'.repeat(240_000)} ${QUESTION}`, mode: 'direct' })
    expect(result.text).toBeTruthy()
  })
})

async function pollToEnd(invocationArn: string): Promise<unknown> {
  const { payload } = await workflow.functions.invoke(
    'PollJobEventFunction',
    Buffer.from(JSON.stringify({ operation: 'GetAsyncInvoke', invocationArn })),
  )
  return JSON.parse(payload.toString())
}

test('these tests visit every state and every transition', () => {
  const { definition } = workflow.stateMachine
  const states = new Set(workflow.executions.flatMap(({ trace }) => trace.map(({ state }) => state)))
  expect(Object.keys(definition.States).filter((name) => !states.has(name))).toEqual([])
  const taken = new Set(
    workflow.executions.flatMap(({ trace }) =>
      trace.slice(1).map(({ state }, at) => `${trace[at]?.state} -> ${state}`),
    ),
  )
  const declared = new Set(listTransitions(definition).map(({ from, to }) => `${from} -> ${to}`))
  expect([...declared].filter((transition) => !taken.has(transition))).toEqual([])
  expect([...taken].filter((transition) => !declared.has(transition))).toEqual([])
})
