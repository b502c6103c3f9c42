import { createRetries, matchesError, type Retrier } from '../../../../local/workflow/retry.ts'
import { TaskError } from '../../../../local/workflow/task-error.ts'

const error = (name: string) => new TaskError(name, 'cause')

test.each<[string[], string, boolean]>([
  [['A', 'B'], 'B', true],
  [['A'], 'B', false],
  [['States.ALL'], 'B', true],
  [['States.ALL'], 'States.Timeout', true],
  [['States.TaskFailed'], 'Lambda.Unknown', true],
  [['States.TaskFailed'], 'States.QueryEvaluationError', true],
  [['States.TaskFailed'], 'States.Timeout', false],
  [['States.TaskFailed', 'States.ALL'], 'States.DataLimitExceeded', false],
  [['States.DataLimitExceeded'], 'States.DataLimitExceeded', true],
])('%j with the error %s: %s', (errorEquals, name, isMatch) => {
  expect(matchesError(errorEquals, error(name))).toBe(isMatch)
})

test('nothing matches a terminal error', () => {
  const terminal = new TaskError('States.Runtime', 'cause', { isTerminal: true })
  expect(matchesError(['States.Runtime', 'States.ALL'], terminal)).toBe(false)
})

const delays = (retrier: Omit<Retrier, 'ErrorEquals'>, count: number) => {
  const next = createRetries([{ ErrorEquals: ['A'], ...retrier }])
  return Array.from({ length: count }, () => next(error('A')))
}

test('the delay begins with 1 s, doubles, and ends after 3 retries', () => {
  expect(delays({}, 4)).toEqual([1000, 2000, 4000, undefined])
})

test('IntervalSeconds, BackoffRate, MaxAttempts and MaxDelaySeconds set the delays', () => {
  const retrier = { IntervalSeconds: 3, BackoffRate: 1.5, MaxAttempts: 4, MaxDelaySeconds: 6 }
  expect(delays(retrier, 5)).toEqual([3000, 4500, 6000, 6000, undefined])
})

test('full jitter takes a part of the delay', () => {
  const random = jest.spyOn(Math, 'random').mockReturnValueOnce(0).mockReturnValueOnce(0.5)
  expect(delays({ JitterStrategy: 'FULL' }, 2)).toEqual([0, 1000])
  random.mockRestore()
})

test('each Retrier counts its own retries, and the first that matches decides', () => {
  const next = createRetries([
    { ErrorEquals: ['A'], MaxAttempts: 1 },
    { ErrorEquals: ['States.ALL'], MaxAttempts: 2, IntervalSeconds: 5 },
  ])
  expect(['A', 'B', 'A', 'B', 'B'].map((name) => next(error(name)))).toEqual([1000, 5000, undefined, 10_000, undefined])
})
