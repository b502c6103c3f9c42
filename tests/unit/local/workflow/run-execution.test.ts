import type { Definition } from '../../../../local/workflow/definition/definition.ts'
import { createRunner } from '../../../../local/workflow/run-execution.ts'
import { PAYLOAD_LIMIT_BYTES, TaskError } from '../../../../local/workflow/task-error.ts'

const RESOURCE = 'arn:aws:states:::lambda:invoke'
const machine = (States: Definition['States'], more = {}): Definition => ({ StartAt: 'First', States, ...more })
const task = (fields = {}) => ({ Type: 'Task', Resource: RESOURCE, End: true, ...fields })

test('TimeoutSecondsPath is read from the input of the state, not from its parameters', async () => {
  const definition = machine({ First: task({ Parameters: { a: 1 }, TimeoutSecondsPath: '$.limit' }) })
  const run = createRunner({ definition, resources: { [RESOURCE]: () => new Promise(() => {}) } })
  const { error } = await run({ limit: 1 }, {})
  expect(error).toBe('States.Timeout')
})

test('States.JsonMerge does not change its arguments', async () => {
  const definition = machine({
    First: { Type: 'Pass', Parameters: { 'merged.$': 'States.JsonMerge($.a, $.b, false)', 'a.$': '$.a' }, End: true },
  })
  const { output } = await createRunner({ definition, resources: {} })({ a: { x: 1 }, b: { x: 2, y: 3 } }, {})
  expect(JSON.parse(output ?? '')).toEqual({ merged: { x: 2, y: 3 }, a: { x: 1 } })
})

test.each([PAYLOAD_LIMIT_BYTES, PAYLOAD_LIMIT_BYTES + 1])(
  'a result of %d bytes is allowed up to the limit',
  async (bytes) => {
    const result = 'x'.repeat(bytes - 2)
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }]
    const definition = machine({ First: task({ Catch }), Caught: { Type: 'Pass', Result: 'caught', End: true } })
    const { status, error } = await createRunner({ definition, resources: { [RESOURCE]: async () => result } })({}, {})
    const isOver = bytes > PAYLOAD_LIMIT_BYTES
    // States.ALL does not catch it.
    expect({ status, error }).toEqual(
      isOver ? { status: 'FAILED', error: 'States.DataLimitExceeded' } : { status: 'SUCCEEDED', error: undefined },
    )
  },
)

test('the limit also applies to a state that only transforms data', async () => {
  const definition = machine({
    First: { Type: 'Pass', Parameters: { 'a.$': '$.text', 'b.$': '$.text' }, Next: 'Second' },
    Second: task(),
  })
  const called = jest.fn(async () => ({}))
  const run = createRunner({ definition, resources: { [RESOURCE]: called } })
  expect((await run({ text: 'x'.repeat(PAYLOAD_LIMIT_BYTES / 2) }, {})).error).toBe('States.DataLimitExceeded')
  expect(called).not.toHaveBeenCalled()
})

test('the trace has retries and failures, without inputs and outputs', async () => {
  let calls = 0
  const resource = async () => {
    calls += 1
    if (calls === 1) throw new TaskError('Bedrock.ThrottlingException', 'secret')
    return { secret: true }
  }
  const Retry = [{ ErrorEquals: ['Bedrock.ThrottlingException'] }]
  const definition = machine({
    First: task({ Retry, End: undefined, Next: 'Last' }),
    Last: { Type: 'Fail', Error: 'E', Cause: 'c' },
  })
  const run = createRunner({ definition, resources: { [RESOURCE]: resource }, retryPauses: { First: 0 } })
  const { status, error, cause, trace } = await run({ secret: 1 }, {})
  expect({ status, error, cause }).toEqual({ status: 'FAILED', error: 'E', cause: 'c' })
  expect(trace).toMatchObject([
    { state: 'First', type: 'Task', retries: 1 },
    { state: 'Last', type: 'Fail', error: 'E' },
  ])
  expect(JSON.stringify(trace)).not.toContain('secret')
})

test('a stopped execution ends', async () => {
  const definition = machine({ First: { Type: 'Wait', Seconds: 200, End: true } })
  const stopping = new AbortController()
  const ended = createRunner({ definition, resources: {} })({}, {}, stopping.signal)
  stopping.abort()
  expect(await ended).toMatchObject({ status: 'FAILED', error: 'States.Aborted' })
})

test('an execution ends at its time limit', async () => {
  const definition = machine({ First: { Type: 'Wait', Seconds: 200, End: true } })
  const { status } = await createRunner({ definition, resources: {}, limitMs: 10 })({}, {})
  expect(status).toBe('TIMED_OUT')
})
