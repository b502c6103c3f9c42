import { isModelAllowed } from '../../../layers/runtime/src/models/model-id.ts'
import { CONVERSE, createMachine, INVOKE_MODEL, STATES_ANSWER } from './support/run-machine.ts'
import { type RunningWorkflow, startWorkflow } from './support/start-workflow.ts'

const USER = { role: 'user', content: [{ text: 'Hi' }] }
const free = { camelCase: [{ Kept: null, s3: [] }], 'as it-is': { inputSchema: {} } }

/** A Converse request with every kind of block, and what the SDK integration of Step Functions calls it. */
const REQUEST = {
  messages: [
    {
      role: 'user',
      content: [
        { text: 'Hi' },
        { image: { format: 'png', source: { bytes: 'aGk=' } } },
        { document: { format: 'pdf', name: 'a', source: { bytes: '' }, citations: { enabled: true } } },
        { cachePoint: { type: 'default' } },
      ],
    },
    { role: 'assistant', content: [{ toolUse: { toolUseId: 't', name: 'find', input: free } }] },
    { role: 'user', content: [{ toolResult: { toolUseId: 't', content: [{ json: free }], status: 'success' } }] },
  ],
  system: [{ text: 'Be brief' }],
  inferenceConfig: { maxTokens: 100, temperature: 0.5, topP: 1, stopSequences: ['x', 'y'] },
  toolConfig: { tools: [{ toolSpec: { name: 'find', inputSchema: { json: free } } }], toolChoice: { auto: {} } },
  additionalModelRequestFields: free,
  additionalModelResponseFieldPaths: ['/a'],
  requestMetadata: { teamName: 'a' },
  promptVariables: { camelCase: { text: 'v' } },
}
const ARGUMENTS = {
  ModelId: 'global.anthropic.claude-sonnet-4-6',
  Messages: [
    {
      Role: 'user',
      Content: [
        { Text: 'Hi' },
        { Image: { Format: 'png', Source: { Bytes: 'aGk=' } } },
        { Document: { Format: 'pdf', Name: 'a', Source: { Bytes: '' }, Citations: { Enabled: true } } },
        { CachePoint: { Type: 'default' } },
      ],
    },
    { Role: 'assistant', Content: [{ ToolUse: { ToolUseId: 't', Name: 'find', Input: free } }] },
    { Role: 'user', Content: [{ ToolResult: { ToolUseId: 't', Content: [{ Json: free }], Status: 'success' } }] },
  ],
  System: [{ Text: 'Be brief' }],
  InferenceConfig: { MaxTokens: 100, Temperature: 0.5, TopP: 1, StopSequences: ['x', 'y'] },
  ToolConfig: { Tools: [{ ToolSpec: { Name: 'find', InputSchema: { Json: free } } }], ToolChoice: { Auto: {} } },
  AdditionalModelRequestFields: free,
  AdditionalModelResponseFieldPaths: ['/a'],
  RequestMetadata: { teamName: 'a' },
  PromptVariables: { camelCase: { Text: 'v' } },
}

describe('a Converse request in mode direct', () => {
  test('has the spelling of Step Functions, and its documents keep their keys', async () => {
    const { run, tasks } = createMachine()
    expect((await run({ converse: REQUEST, mode: 'direct' })).result).toMatchObject({ mode: 'direct', text: 'Hello' })
    expect(tasks).toEqual([{ resource: CONVERSE, parameters: ARGUMENTS }])
  })

  test('has an answer in the spelling of Bedrock', async () => {
    const answer = {
      ...STATES_ANSWER,
      Output: { Message: { Role: 'assistant', Content: [{ ToolUse: { ToolUseId: 't', Name: 'n', Input: free } }] } },
      AdditionalModelResponseFields: free,
      Trace: { Guardrail: { InputAssessment: { abc123: { TopicPolicy: { Topics: [] } } } } },
    }
    const { run } = createMachine({ results: { [CONVERSE]: answer } })
    expect((await run({ converse: REQUEST, mode: 'direct' })).result.answer).toEqual({
      output: { message: { role: 'assistant', content: [{ toolUse: { toolUseId: 't', name: 'n', input: free } }] } },
      stopReason: 'end_turn',
      usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 },
      additionalModelResponseFields: free,
      trace: { guardrail: { inputAssessment: { abc123: { topicPolicy: { topics: [] } } } } },
    })
  })

  test.each([
    ['converse.Messages is not a member', { Messages: [USER] }],
    [
      'converse.messages[0].content[1].Image is not',
      { messages: [{ role: 'user', content: [{ text: 'a' }, { Image: {} }] }] },
    ],
    ['converse.system[0].a b is not', { messages: [USER], system: [{ 'a b': 1 }] }],
    ['converse.promptVariables.v.S3Location is not', { promptVariables: { v: { S3Location: {} } } }],
    ['source.bytes must be base64 text', { messages: [{ content: [{ image: { source: { bytes: 'ä' } } }] }] }],
    ['source.bytes must be base64 text', { messages: [{ content: [{ image: { source: { bytes: [1, 2] } } }] }] }],
    [
      'redactedContent must be base64 text',
      { messages: [{ content: [{ reasoningContent: { redactedContent: 'a' } }] }] },
    ],
    ['no s3Location', { messages: [{ content: [{ image: { source: { s3Location: { uri: 's3://a/b' } } } }] }] }],
  ])('is refused by name if Step Functions cannot send it: %s', async (message, converse) => {
    const { run, tasks } = createMachine()
    expect(await run({ converse, mode: 'direct' })).toMatchObject({
      error: 'ValidationException',
      cause: expect.stringContaining(message),
    })
    expect(tasks).toEqual([])
  })
})

describe('the caller of a direct call', () => {
  const ROLE = 'arn:aws:sts::123456789012:assumed-role/app'
  const metadataOf = async (identity: object, request: object = { prompt: 'Hi' }, CallerUnit = 'ROLE') => {
    const { run, tasks } = createMachine({ substitutions: { CallerUnit } })
    await run({ request: { mode: 'direct', ...request }, requestContext: { identity } })
    return tasks[0]?.parameters.RequestMetadata
  }

  test.each([
    [
      'a user',
      { userArn: 'arn:aws:iam::123456789012:user/alice', apiKeyId: '' },
      'arn:aws:iam::123456789012:user/alice',
    ],
    ['a key', { userArn: 'arn:aws:iam::1:user/x', apiKeyId: 'a1b2c3' }, 'key:a1b2c3'],
    ['a role, without its session', { userArn: `${ROLE}/session-1` }, ROLE],
    [
      'characters that metadata cannot have',
      { userArn: 'arn:aws:iam::123456789012:user/é(1)' },
      'arn:aws:iam::123456789012:user/__1_',
    ],
  ])('is request metadata: %s', async (_name, identity, caller) => {
    expect(await metadataOf(identity)).toEqual({ caller })
  })

  test('is each session with CallerUnit SESSION', async () => {
    expect(await metadataOf({ userArn: `${ROLE}/session-1` }, undefined, 'SESSION')).toEqual({
      caller: `${ROLE}/session-1`,
    })
  })

  test('replaces a forged one, and only where there is room', async () => {
    const identity = { apiKeyId: 'k' }
    const withMetadata = (requestMetadata: object) => ({ converse: { messages: [USER], requestMetadata } })
    expect(await metadataOf(identity, withMetadata({ caller: 'mallory', a: 'b' }))).toEqual({ caller: 'key:k', a: 'b' })
    const full = Object.fromEntries(Array.from({ length: 16 }, (_, at) => [`m${at}`, '']))
    expect(await metadataOf(identity, withMetadata(full))).toEqual(full)
  })

  test('is absent where nobody is named', async () => {
    expect(await metadataOf({ userArn: '', apiKeyId: '' })).toBeUndefined()
  })
})

describe('the models of mode direct', () => {
  const IDS = [
    'global.anthropic.claude-sonnet-4-6',
    'us.amazon.nova-lite-v1:0',
    'anthropic.claude-3-haiku-20240307-v1:0',
    'arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.anthropic.claude-sonnet-4-6',
    'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0',
    'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc',
    'aa',
    'a',
  ]
  const LISTS = [
    '*',
    'global.*',
    'global.anthropic.*, us.amazon.nova-lite-v1:0',
    '*anthropic*',
    '*.claude-*-6',
    'global*global',
    'us.amazon.nova-lite-v1:0*',
    '*v1:0',
    'a*a',
    '**',
    '*a*n*i*',
    'arn:aws:bedrock:*:application-inference-profile/*',
    'none',
    'GLOBAL.*',
    'global.anthropic.claude-sonnet-4-6x',
  ]

  test.each(LISTS)('are those that the functions allow by the same list: %s', async (list) => {
    for (const [substitutions, name] of [
      [{ DirectModels: '*', AllowedModels: list }, 'AllowedModels'],
      [{ DirectModels: list, AllowedModels: '*' }, 'WorkflowDirectModels'],
    ] as const) {
      const { run } = createMachine({ substitutions })
      for (const modelId of IDS) {
        const { status, error, cause } = await run({ prompt: 'Hi', modelId, mode: 'direct' })
        const isAllowed = isModelAllowed(
          modelId,
          list.split(',').map((pattern) => pattern.trim()),
        )
        expect([modelId, status]).toEqual([modelId, isAllowed ? 'SUCCEEDED' : 'FAILED'])
        if (isAllowed) continue
        expect(error).toBe('AccessDeniedException')
        expect(cause).toContain(name)
      }
    }
  })

  test('are not called for a model outside the list in mode auto', async () => {
    const { run, tasks } = createMachine({ substitutions: { DirectModels: 'none' } })
    expect((await run({ prompt: 'Hi' })).result.mode).toBe('sync')
    expect(tasks.map(({ resource }) => resource)).toEqual(['arn:aws:states:::lambda:invoke'])
  })
})

test('an answer that a guardrail checks does not go to S3, where nothing checks it', async () => {
  const guardrail = { guardrailIdentifier: 'abcdefghij12', guardrailVersion: '1', output: true }
  const apply = 'arn:aws:states:::aws-sdk:bedrockruntime:applyGuardrail'
  const { run, tasks } = createMachine({ results: { [apply]: { Action: 'NONE', Outputs: [] } } })
  const { result } = await run({ invokeModel: { messages: [] }, mode: 'direct', guardrail })
  expect(result).toMatchObject({ text: 'Hello', outputs: null })
  expect(tasks.map(({ resource }) => resource)).toEqual([apply, INVOKE_MODEL, apply])
  expect(tasks[1]?.parameters).not.toHaveProperty('Output')
})

test('a native body is sent as it came, and its answer goes to S3 unless it must be short', async () => {
  const { run, tasks } = createMachine()
  const invokeModel = {
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 16_384,
    messages: [{ Role: [], s3: null }],
  }
  expect((await run({ invokeModel, mode: 'direct' })).result).toMatchObject({ text: 'Hello', outputs: null })
  await run({ invokeModel: { ...invokeModel, max_tokens: 16_385 }, mode: 'direct' })
  const common = {
    ModelId: 'global.anthropic.claude-sonnet-4-6',
    ContentType: 'application/json',
    Accept: 'application/json',
  }
  expect(tasks.filter(({ resource }) => resource === INVOKE_MODEL).map(({ parameters }) => parameters)).toEqual([
    { ...common, Body: invokeModel },
    {
      ...common,
      Body: { ...invokeModel, max_tokens: 16_385 },
      Output: { S3Uri: 's3://jobs/output/workflow/one/output.json' },
    },
  ])
})

describe('through the emulator', () => {
  let workflow: RunningWorkflow
  beforeAll(async () => {
    workflow = await startWorkflow()
  })
  afterAll(async () => {
    workflow.functions.close()
    await workflow.close()
  })

  test('a direct Converse call gives what the function gives: tools, and numbers beyond 2^53', async () => {
    const json = { type: 'object', properties: { CityName: { type: 'string' } }, required: ['CityName'] }
    const converse = {
      messages: [{ role: 'user', content: [{ text: 'Weather in Paris?' }] }],
      toolConfig: { tools: [{ toolSpec: { name: 'Weather', inputSchema: { json } } }], toolChoice: { any: {} } },
    }
    const direct = await workflow.run({ converse, mode: 'direct' })
    const sync = await workflow.run({ converse, mode: 'sync' })
    const { estimatedCost: _, metrics: __, ...answer } = sync.result.answer
    expect(answer.stopReason).toBe('tool_use')
    expect(direct.result.answer).toMatchObject(answer)
    const input = `{"mode":"direct","converse":{"messages":[{"role":"user","content":[{"text":"Hi"}]},{"role":"assistant","content":[{"toolUse":{"toolUseId":"a","name":"t","input":{"Id":12345678901234567890}}}]},{"role":"user","content":[{"toolResult":{"toolUseId":"a","content":[{"json":{"id":12345678901234567890}}]}}]}],"toolConfig":{"tools":[{"toolSpec":{"name":"t","inputSchema":{"json":{"type":"object"}}}}]}}}`
    const execution = await workflow.stepFunctions.startSyncExecution({ arn: workflow.arn, input })
    expect(execution.status).toBe('SUCCEEDED')
  })
})
