import { parseExactly } from '@bedrock-functions/runtime/json'
import type { Definition, StateDefinition } from '../../../../local/workflow/definition/definition.ts'
import type { Resource } from '../../../../local/workflow/resources/resource.ts'
import { createRunner, type RunnerOptions } from '../../../../local/workflow/run-execution.ts'
import { PAYLOAD_LIMIT_BYTES, TaskError } from '../../../../local/workflow/task-error.ts'

const RESOURCE = 'arn:aws:states:::lambda:invoke'
const END = { End: true } as const
const machine = (States: Definition['States'], more = {}): Definition => ({
  QueryLanguage: 'JSONata',
  StartAt: 'First',
  States,
  ...more,
})
const task = (fields: Partial<StateDefinition> = {}): StateDefinition => ({
  Type: 'Task',
  Resource: RESOURCE,
  ...('Next' in fields ? {} : END),
  ...fields,
})
const DONE: StateDefinition = { Type: 'Succeed' }
const never: Resource = () => new Promise(() => {})

/** Runs a machine whose only resource is the given one. */
async function run(definition: Definition, resource: Resource = never, options: Partial<RunnerOptions> = {}) {
  const runner = createRunner({ definition, resources: { [RESOURCE]: resource }, ...options })
  const { output, ...end } = await runner({}, {})
  return { ...end, output: output === undefined ? undefined : JSON.parse(output) }
}

test('a task gets its Arguments, or the input of the state, and its result is the output', async () => {
  const parameters: unknown[] = []
  const resource: Resource = async (given) => {
    parameters.push(given)
    return { n: parameters.length }
  }
  const definition = machine({
    First: task({ Next: 'Second', Arguments: { a: ['{% 1 + 1 %}'] } }),
    Second: task({ Output: '{% [$states.input.n, $states.result.n] %}' }),
  })
  expect(await run(definition, resource)).toMatchObject({ status: 'SUCCEEDED', output: [1, 2] })
  expect(parameters).toEqual([{ a: [2] }, { n: 1 }])
})

test('a text of the input of a task is not an expression', async () => {
  const parameters: unknown[] = []
  const resource: Resource = async (given) => {
    parameters.push(given)
    return given
  }
  const runner = createRunner({ definition: machine({ First: task() }), resources: { [RESOURCE]: resource } })
  const { output } = await runner({ a: '{% 1 + 1 %}' }, {})
  expect([parameters, JSON.parse(output ?? '')]).toEqual([[{ a: '{% 1 + 1 %}' }], { a: '{% 1 + 1 %}' }])
  for (const input of ['text', parseExactly('9007199254740993'), null, []]) {
    expect(await runner(input, {})).toMatchObject({ error: 'States.QueryEvaluationError' })
  }
})

test('Arguments must be an object', async () => {
  const { error, cause } = await run(machine({ First: task({ Arguments: '{% [1] %}' }) }))
  expect(error).toBe('States.QueryEvaluationError')
  expect(cause).toContain("Expected 'object', but was 'array' for value: [1]")
})

describe('a task that takes longer than its TimeoutSeconds', () => {
  const late = (Catch: StateDefinition['Catch'] = []) => task({ TimeoutSeconds: '{% 1 %}', Catch })

  test('fails with States.Timeout, which has no cause', async () => {
    const { status, error, cause, trace } = await run(machine({ First: late() }))
    expect({ status, error, cause }).toEqual({ status: 'FAILED', error: 'States.Timeout', cause: undefined })
    expect(trace).toMatchObject([{ state: 'First', error: 'States.Timeout' }])
  })

  test('is caught by name or by States.ALL, not by States.TaskFailed', async () => {
    const definition = machine({
      First: late([
        { ErrorEquals: ['States.TaskFailed'], Output: 'no', Next: 'Done' },
        { ErrorEquals: ['States.ALL'], Next: 'Done' },
      ]),
      Done: DONE,
    })
    expect((await run(definition)).output).toEqual({ Error: 'States.Timeout' })
  })
})

test('an answer before the timeout leaves no timer behind', async () => {
  const { status } = await run(machine({ First: task({ TimeoutSeconds: 99_999 }) }), async () => ({}))
  expect(status).toBe('SUCCEEDED')
})

test('failures of a task and of its expressions are retried and caught', async () => {
  let calls = 0
  const resource: Resource = async () => {
    calls += 1
    if (calls === 1) throw new TaskError('Bedrock.ThrottlingException', 'secret')
    return { isReady: calls > 3 }
  }
  const definition = machine({
    First: task({
      Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 5 }],
      Output: "{% $states.result.isReady ? $states.context.State.RetryCount : $error('not ready') %}",
      Next: 'Last',
    }),
    Last: { Type: 'Fail', Error: 'E', Cause: '{% $string($states.input) %}' },
  })
  const { trace, ...end } = await run(definition, resource, { retryPauses: { First: 0 } })
  expect(end).toMatchObject({ status: 'FAILED', error: 'E', cause: '3' })
  expect(trace).toMatchObject([
    { state: 'First', type: 'Task', retries: 3 },
    { state: 'Last', type: 'Fail', error: 'E' },
  ])
  expect(JSON.stringify(trace)).not.toContain('secret')
})

test('an error that no Retry or Catch may match ends the execution', async () => {
  const fail: Resource = async () => {
    throw new TaskError('States.Runtime', 'not JSON', { isTerminal: true })
  }
  const all = { ErrorEquals: ['States.Runtime', 'States.ALL'] }
  const definition = machine({ First: task({ Retry: [all], Catch: [{ ...all, Next: 'Done' }] }), Done: DONE })
  expect(await run(definition, fail)).toMatchObject({ status: 'FAILED', error: 'States.Runtime', cause: 'not JSON' })
})

test('an unexpected failure of a handler is States.Runtime', async () => {
  const broken: Resource = async () => {
    throw new TypeError('a bug')
  }
  const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'Done' }]
  const end = await run(machine({ First: task({ Catch }), Done: DONE }), broken)
  expect(end).toMatchObject({ status: 'FAILED', error: 'States.Runtime', cause: 'TypeError: a bug' })
})

test('a Fail state without Error and Cause ends an execution without them', async () => {
  const { status, error, cause } = await run(machine({ First: { Type: 'Fail' } }))
  expect({ status, error, cause }).toEqual({ status: 'FAILED', error: undefined, cause: undefined })
})

describe('the limit of 256 KiB', () => {
  test.each([PAYLOAD_LIMIT_BYTES, PAYLOAD_LIMIT_BYTES + 1])(
    'a result of %d bytes is allowed up to it',
    async (bytes) => {
      const definition = machine({
        First: task({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Done' }], Output: 'small' }),
        Done: DONE,
      })
      const { status, error } = await run(definition, async () => 'x'.repeat(bytes - 2))
      const isOver = bytes > PAYLOAD_LIMIT_BYTES
      expect({ status, error }).toEqual(
        isOver ? { status: 'FAILED', error: 'States.DataLimitExceeded' } : { status: 'SUCCEEDED', error: undefined },
      )
    },
  )

  test('is for Arguments too, before the call', async () => {
    const called = jest.fn(async () => ({}))
    const definition = machine({ First: task({ Arguments: { a: "{% $pad('', 262144, 'x') %}" } }) })
    expect((await run(definition, called)).error).toBe('States.DataLimitExceeded')
    expect(called).not.toHaveBeenCalled()
  })

  test('counts bytes of UTF-8', async () => {
    const { error } = await run(machine({ First: task() }), async () => '山'.repeat(90_000))
    expect(error).toBe('States.DataLimitExceeded')
  })

  test('is for the variables of one state, and their sum has 10 MiB', async () => {
    const text = "{% $pad('', 200000, 'x') %}"
    const two = machine({ First: { Type: 'Pass', Assign: { a: text, b: text }, ...END } })
    expect((await run(two)).error).toBe('States.DataLimitExceeded')
    const names = Array.from({ length: 53 }, (_, index) => `State${index}`)
    const States = Object.fromEntries(
      names.map((name, index) => {
        const next = names[index + 1]
        return [name, { Type: 'Pass', Assign: { [`v${index}`]: text }, ...(next === undefined ? END : { Next: next }) }]
      }),
    )
    const { error, cause, trace } = await run({ StartAt: 'State0', States })
    expect({ error, cause }).toMatchObject({
      error: 'States.DataLimitExceeded',
      cause: expect.stringContaining('10485760'),
    })
    expect(trace).toHaveLength(53)
  })
})

describe('an execution is stopped', () => {
  const LONG = machine({ First: { Type: 'Wait', Seconds: 200, ...END } })

  test('by its signal, also before its start', async () => {
    const stopping = new AbortController()
    const runner = createRunner({ definition: LONG, resources: {} })
    const ended = runner({}, {}, stopping.signal)
    stopping.abort()
    expect(await ended).toMatchObject({ status: 'FAILED', error: 'States.Aborted' })
    expect(await runner({}, {}, stopping.signal)).toMatchObject({ status: 'FAILED', error: 'States.Aborted' })
  })

  test('at its time limit, while it waits, calls, or retries', async () => {
    const fail: Resource = async () => {
      throw new TaskError('Broken', 'b')
    }
    const Retry = [{ ErrorEquals: ['Broken'], IntervalSeconds: 100 }]
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'Done' }]
    const late = { status: 'TIMED_OUT', error: 'States.Timeout' }
    expect(await run(LONG, never, { limitMs: 10 })).toMatchObject(late)
    const caught = machine({ First: task({ Retry, Catch }), Done: DONE })
    expect(await run(caught, never, { limitMs: 10 })).toMatchObject(late)
    expect(await run(caught, fail, { limitMs: 10 })).toMatchObject(late)
  })

  test('although its states never wait', async () => {
    const definition = machine({
      First: { Type: 'Pass', Next: 'Second' },
      Second: { Type: 'Choice', Choices: [{ Condition: true, Next: 'First' }] },
    })
    expect(await run(definition, never, { limitMs: 50 })).toMatchObject({ status: 'TIMED_OUT' })
  })
})

test('a failing branch stops the others, whose Retry and Catch do not see it', async () => {
  const all = { ErrorEquals: ['States.ALL'] }
  const definition = machine({
    First: {
      Type: 'Parallel',
      Branches: [
        {
          StartAt: 'Long',
          States: { Long: task({ Retry: [all], Catch: [{ ...all, Next: 'Caught' }] }), Caught: DONE },
        },
        { StartAt: 'Break', States: { Break: { Type: 'Fail', Error: 'Broken' } } },
      ],
      ...END,
    },
  })
  const { error, trace } = await run(definition)
  expect(error).toBe('Broken')
  expect(trace.map(({ state, retries, error: failed }) => [state, retries, failed])).toEqual([
    ['First', 0, 'Broken'],
    ['Long', 0, undefined],
    ['Break', 0, 'Broken'],
  ])
})

test('MaxConcurrency limits the iterations of a Map that run at once', async () => {
  let running = 0
  let most = 0
  const resource: Resource = async (parameters) => {
    running += 1
    most = Math.max(most, running)
    await new Promise((resolve) => setImmediate(resolve))
    running -= 1
    return parameters
  }
  const definition = machine({
    First: {
      Type: 'Map',
      Items: '{% [1..9].{"n": $} %}',
      MaxConcurrency: 2,
      ItemProcessor: { StartAt: 'Call', States: { Call: task({ Output: '{% $states.result.n %}' }) } },
      ...END,
    },
  })
  expect((await run(definition, resource)).output).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(most).toBe(2)
})
