import type { CallRecord } from '@bedrock-functions/runtime/core/logging'

type Line = Record<string, unknown>

const SECRET = 'the prompt itself'
const base: CallRecord = { operation: 'Converse', statusCode: 200, durationMs: 12.6, facts: {} }

let recordCall: (record: CallRecord) => void
beforeAll(async () => {
  // Read when the module loads, as in a starting function.
  process.env.POWERTOOLS_METRICS_NAMESPACE = 'Tests'
  recordCall = (await import('@bedrock-functions/runtime/core/logging')).recordCall
})

/** Lines that a record writes to the console: those of the logger and of the metrics. */
function record(
  changes: Partial<CallRecord>,
  recorder = recordCall,
): { log: Line; metrics: Line; documents: Line[]; text: string } {
  const written: string[] = []
  const spies = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, 'write').mockImplementation((chunk) => {
      written.push(chunk.toString())
      return true
    }),
  )
  try {
    recorder({ ...base, ...changes })
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
  const text = written.join('')
  const lines: Line[] = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  return {
    text,
    log: lines.find((line) => 'message' in line) ?? {},
    metrics: lines.find((line) => '_aws' in line) ?? {},
    documents: lines.filter((line) => '_aws' in line),
  }
}

/** Dimensions and names of metrics of each directive of a document. */
function directivesOf(document: Line): { dimensions: string[][]; metrics: string[] }[] {
  const { CloudWatchMetrics } = document._aws as {
    CloudWatchMetrics: { Dimensions: string[][]; Metrics: { Name: string }[] }[]
  }
  return CloudWatchMetrics.map(({ Dimensions, Metrics }) => ({
    dimensions: Dimensions,
    metrics: Metrics.map(({ Name }) => Name),
  }))
}

test('an answered call leaves its facts in one log line and one metrics document', () => {
  const facts = { modelId: 'amazon.nova-lite-v1:0', attempts: 2, inputTokens: 7, outputTokens: 3 }
  const { log, metrics } = record({ facts })
  expect(log).toMatchObject({ level: 'INFO', message: 'Converse answered', statusCode: 200, durationMs: 13, ...facts })
  expect(metrics).toMatchObject({
    operation: 'Converse',
    model: 'amazon.nova-lite-v1:0',
    Calls: 1,
    Duration: 12.6,
    InputTokens: 7,
    OutputTokens: 3,
    ServerErrors: 0,
  })
})

test.each([
  [400, 'WARN', { ClientErrors: 1, ModelErrors: 0, Throttles: 0, ServerErrors: 0 }],
  [408, 'WARN', { ClientErrors: 0, ModelErrors: 1, Throttles: 0, ServerErrors: 0 }],
  [424, 'WARN', { ClientErrors: 0, ModelErrors: 1, Throttles: 0, ServerErrors: 0 }],
  [429, 'WARN', { ClientErrors: 0, ModelErrors: 0, Throttles: 1, ServerErrors: 0 }],
  [503, 'ERROR', { ClientErrors: 0, ModelErrors: 0, Throttles: 0, ServerErrors: 1 }],
])('a %i is logged as %s and counted', (statusCode, level, counts) => {
  const { log, metrics } = record({ statusCode, errorType: 'SomeException' })
  expect(log).toMatchObject({ level, message: 'Converse ended with SomeException', errorType: 'SomeException' })
  expect(metrics).toMatchObject(counts)
})

test('an id that no model answered is not a dimension of a metric', () => {
  const { metrics } = record({ statusCode: 400, facts: { modelId: 'invented-1' } })
  expect(metrics).not.toHaveProperty('model')
})

test("a fault's kind and stack are logged, and its message is not", () => {
  const { log, text } = record({ statusCode: 500, cause: new SyntaxError(`Unexpected token in "${SECRET}"`) })
  expect(log).toMatchObject({ causeName: 'SyntaxError', causeStack: expect.stringContaining('record-call.test') })
  expect(text).not.toContain(SECRET)
})

test("a fault's message is logged if the operator asks for it", () => {
  const { log } = record({ statusCode: 500, cause: new SyntaxError(SECRET), withCauseMessage: true })
  expect(log).toMatchObject({ causeMessage: SECRET })
})

test.each(['ModelStreamErrorException', 'client-gone'])(
  'a stream that ended as %s is logged and counted as such',
  (ended) => {
    const facts = { firstEventMs: 40, tokensPerSecond: 12.5 }
    const { log, metrics } = record({ ended, facts })
    expect(log).toMatchObject({ level: 'WARN', message: `Converse broke off: ${ended}`, ended, ...facts })
    expect(metrics).toMatchObject({ ended, BrokenStreams: 1, FirstEvent: 40, TokensPerSecond: 12.5 })
  },
)

test('the metrics of alarms are also written for the whole stack, in the same document', () => {
  const facts = { modelId: 'amazon.nova-lite-v1:0', estimatedCostUsd: 0.25, caller: 'key:1' }
  const { metrics } = record({ ended: 'ModelStreamErrorException', facts })
  expect(metrics).toMatchObject({ StreamErrors: 1, EstimatedCostUsd: 0.25, caller: 'key:1' })
  const [ofCall, ofStack] = directivesOf(metrics)
  expect(ofCall?.dimensions).toEqual([['service', 'operation', 'model', 'ended']])
  expect(ofCall?.metrics).toEqual(expect.arrayContaining(['EstimatedCostUsd', 'ClientErrors', 'BrokenStreams']))
  expect(ofStack).toEqual({
    dimensions: [['service']],
    metrics: expect.arrayContaining(['Calls', 'ModelErrors', 'Throttles', 'ServerErrors', 'StreamErrors']),
  })
  expect(ofStack?.metrics).toEqual(expect.arrayContaining(['EstimatedCostUsd', 'Duration']))
})

test('the duration of a job is not part of the durations of the stack, since nobody waits for it', () => {
  const { metrics } = record({ operation: 'RunJob' })
  const [ofCall, ofStack] = directivesOf(metrics)
  expect(ofCall?.metrics).toContain('Duration')
  expect(ofStack?.metrics).not.toContain('Duration')
})

test('a stream that its caller leaves is broken, but no error', () => {
  expect(record({ ended: 'client-gone' }).metrics).toMatchObject({ BrokenStreams: 1, StreamErrors: 0 })
})

test("the log line has OpenTelemetry's names beside our own", () => {
  const facts = {
    modelId: 'us.anthropic.claude-haiku-4-5-20251001-v1:0',
    requestedModelId: 'claude-haiku',
    inputTokens: 7,
    outputTokens: 3,
    cacheReadInputTokens: 100,
    stopReason: 'end_turn',
    firstEventMs: 420,
  }
  const { log } = record({ operation: 'ConverseStream', ended: 'complete', facts })
  expect(log).toMatchObject({
    ...facts,
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'aws.bedrock',
    'gen_ai.request.model': 'claude-haiku',
    'gen_ai.request.stream': true,
    'gen_ai.response.model': 'us.anthropic.claude-haiku-4-5-20251001-v1:0',
    'gen_ai.response.finish_reasons': ['end_turn'],
    'gen_ai.response.time_to_first_chunk': 0.42,
    'gen_ai.usage.input_tokens': 107,
    'gen_ai.usage.output_tokens': 3,
    'gen_ai.usage.cache_read.input_tokens': 100,
    'gen_ai.client.operation.duration': 0.013,
  })
})

test.each([
  ['InvokeModel', { modelId: 'cohere.embed-v4:0' }, 'embeddings'],
  ['InvokeModel', { modelId: 'amazon.nova-canvas-v1:0' }, 'generate_content'],
  ['RunJob', { modelId: 'amazon.nova-lite-v1:0', kind: 'converse' }, 'chat'],
])('%s of %j has the name %s in OpenTelemetry', (operation, facts, name) => {
  expect(record({ operation, facts }).log).toMatchObject({ 'gen_ai.operation.name': name })
})

test('a call of no model has no members of OpenTelemetry', () => {
  expect(record({ operation: 'ListModels' }).text).not.toContain('gen_ai')
})

test('a failed call has the type of its error in OpenTelemetry, too, and no model that answered', () => {
  const { log } = record({ statusCode: 424, errorType: 'ModelErrorException', facts: { modelId: 'x' } })
  expect(log).toMatchObject({ 'error.type': 'ModelErrorException', 'gen_ai.request.model': 'x' })
  expect(log).not.toHaveProperty(['gen_ai.response.model'])
})

test("metrics have OpenTelemetry's names only if the operator asks for them", async () => {
  const facts = { modelId: 'x', inputTokens: 7, outputTokens: 3, firstEventMs: 420 }
  expect(record({ facts }).documents).toHaveLength(1)
  const before = { ...process.env }
  process.env.GEN_AI_METRICS = 'true'
  jest.resetModules()
  const { recordCall: recordBoth } = await import('@bedrock-functions/runtime/core/logging')
  process.env = before
  const [, times, input, output] = record({ facts }, recordBoth).documents
  expect(times).toMatchObject({
    'gen_ai.client.operation.duration': 0.013,
    'gen_ai.client.operation.time_to_first_chunk': 0.42,
    'gen_ai.operation.name': 'chat',
  })
  expect(input).toMatchObject({ 'gen_ai.client.token.usage': 7, 'gen_ai.token.type': 'input' })
  expect(output).toMatchObject({ 'gen_ai.client.token.usage': 3, 'gen_ai.token.type': 'output' })
  expect(directivesOf(output ?? {})).toEqual([
    {
      dimensions: [['gen_ai.operation.name', 'gen_ai.provider.name', 'gen_ai.request.model', 'gen_ai.token.type']],
      metrics: ['gen_ai.client.token.usage'],
    },
  ])
})

test('a complete stream is not counted as broken', () => {
  const { log, metrics } = record({ ended: 'complete' })
  expect(log).toMatchObject({ level: 'INFO', message: 'Converse answered' })
  expect(metrics).toMatchObject({ ended: 'complete', BrokenStreams: 0 })
})
