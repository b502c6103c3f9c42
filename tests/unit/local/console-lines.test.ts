import { formatEvent, formatInvocation, formatLogLine, formatRequest, isRoutine } from '../../../local/console-lines.ts'
import type { AttemptOutcome } from '../../../local/lambda/asynchronous/index.ts'
import type { LogLine } from '../../../local/lambda/worker.ts'
import { loadTemplate } from '../../../local/template/load-template.ts'

const noon = new Date(2026, 0, 1, 12, 0, 0)
const line = (text: string, stream: LogLine['stream'] = 'stdout'): LogLine => ({
  functionName: 'Invoke',
  requestId: 'id',
  stream,
  line: text,
})

test('a request is one line, also with control characters in its path', () => {
  const summary = {
    server: 'api' as const,
    method: 'POST',
    rawPath: `/a\u001b[31m${'b'.repeat(400)}`,
    statusCode: 502,
    durationMs: 12.4,
    functionName: 'Invoke',
    cold: true,
    failure: 'TypeError',
    hint: undefined,
  }
  expect(formatRequest(summary, noon)).toBe(
    `12:00:00 POST /a [31m${'b'.repeat(293)}… 502 12 ms Invoke cold - TypeError`,
  )
  expect(formatRequest({ ...summary, server: 'function-url', rawPath: '/' }, noon)).toMatch(
    /^12:00:00 function-url POST \/ 502/,
  )
})

const outcome = { functionName: 'Job', requestId: 'id', attempt: 1, outcome: 'succeeded', durationMs: 12.4 } as const

test.each([
  [outcome, 'async succeeded 12 ms Job'],
  [
    { ...outcome, outcome: 'failed', errorType: 'TypeError', retryInMs: 60_000 } as const,
    'async failed 12 ms Job - TypeError, again in 60 s',
  ],
  [
    { ...outcome, outcome: 'failed', errorType: 'TypeError', destination: 'Failures' } as const,
    'async failed 12 ms Job - TypeError, given up, recorded in Failures',
  ],
  [{ ...outcome, outcome: 'expired', durationMs: 0 } as const, 'async expired 0 ms Job - given up'],
] satisfies [AttemptOutcome, string][])('an asynchronous invocation is one line: %j', (invocation, text) => {
  expect(formatInvocation(invocation, noon)).toBe(`12:00:00 ${text}`)
})

test.each([
  ['{"level":"WARN","message":"careful"}', 'WARN careful'],
  ['{"level":"ERROR","message":"failed","error":{"name":"TypeError","message":"secret"}}', 'ERROR failed (TypeError)'],
  ['2026-01-01T00:00:00.000Z\tid\tERROR\tInvoke Error\t{}', 'ERROR Invoke Error {}'],
])('%s is shown', (text, shown) => {
  expect(formatLogLine(line(text), noon)).toBe(`12:00:00 Invoke ${shown}`)
})

test.each(['{"level":"INFO","message":"fine"}', '2026-01-01T00:00:00.000Z\tid\tINFO\tfine', 'plain', '{"_aws":{}}'])(
  '%s stays in the log file',
  (text) => {
    expect(formatLogLine(line(text), noon)).toBeUndefined()
  },
)

test('text that is not a record is shown when it is on stderr', () => {
  expect(formatLogLine(line('node: bad option', 'stderr'), noon)).toBe('12:00:00 Invoke node: bad option')
})

test.each([
  [
    { detailType: 'Inference Job State Change', detail: { status: 'Completed' }, resources: ['arn:aws:job'] },
    'event Inference Job State Change Completed arn:aws:job',
  ],
  [{ detailType: 'Inference Requested', detail: { status: 1 }, resources: [] }, 'event Inference Requested'],
])('a published event is one line: %j', (event, text) => {
  expect(formatEvent({ source: 'app', time: 0, ...event }, noon)).toBe(`12:00:00 ${text}`)
})

test('a success of the sweep is routine, a failure is not', () => {
  const { rules } = loadTemplate('template.yaml')
  const sweep = { ...outcome, functionName: 'SweepJobsFunction' }
  expect(isRoutine(sweep, rules)).toBe(true)
  expect(isRoutine({ ...sweep, outcome: 'failed' }, rules)).toBe(false)
})

test('a success of a function that events invoke is not routine, also with a schedule', () => {
  const rule = { logicalId: 'Rule', name: 'rule', eventBusName: 'default', enabled: true }
  const targets = [{ id: 'one', arn: 'arn', service: 'lambda' as const, resource: 'Both' }]
  const rules = [
    { ...rule, schedule: 'rate(1 minute)', targets },
    { ...rule, pattern: { source: ['app'] }, targets },
  ]
  expect(isRoutine({ ...outcome, functionName: 'Both' }, rules)).toBe(false)
})
