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
function record(changes: Partial<CallRecord>): { log: Line; metrics: Line; text: string } {
  const written: string[] = []
  const spies = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, 'write').mockImplementation((chunk) => {
      written.push(chunk.toString())
      return true
    }),
  )
  try {
    recordCall({ ...base, ...changes })
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
  }
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
  [400, 'WARN', { ClientErrors: 1, Throttles: 0, ServerErrors: 0 }],
  [429, 'WARN', { ClientErrors: 0, Throttles: 1, ServerErrors: 0 }],
  [503, 'ERROR', { ClientErrors: 0, Throttles: 0, ServerErrors: 1 }],
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

test('a complete stream is not counted as broken', () => {
  const { log, metrics } = record({ ended: 'complete' })
  expect(log).toMatchObject({ level: 'INFO', message: 'Converse answered' })
  expect(metrics).toMatchObject({ ended: 'complete', BrokenStreams: 0 })
})
