import { formatExecution, formatMapRun } from '../../../../local/workflow/index.ts'

const summary = { stateMachineName: 'Workflow', executionName: 'one', durationMs: 31.6, status: 'SUCCEEDED' as const }
const step = (state: string, type: string, durationMs: number, more = {}) => ({
  state,
  type,
  durationMs,
  retries: 0,
  ...more,
})

test('the line has the states that take time, with rounds of a loop joined', () => {
  const trace = [
    step('Prepare', 'Pass', 0),
    step('Wait', 'Wait', 1000),
    step('Poll', 'Task', 20),
    step('Wait', 'Wait', 2000),
    step('Poll', 'Task', 10, { retries: 1 }),
  ]
  expect(formatExecution({ ...summary, trace })).toBe(
    'workflow SUCCEEDED 32 ms Workflow: Wait 3000 ms (2 times), Poll 30 ms (2 times, 1 retried)',
  )
})

test('the line has a caught failure and the failure of the execution', () => {
  const trace = [
    step('Call', 'Task', 5, { error: 'Bedrock.ThrottlingException' }),
    step('FailAsBedrock', 'Fail', 0, { error: 'ThrottlingException' }),
  ]
  expect(formatExecution({ ...summary, status: 'FAILED', error: 'ThrottlingException', trace })).toBe(
    'workflow FAILED 32 ms Workflow: Call 5 ms (Bedrock.ThrottlingException), FailAsBedrock - ThrottlingException',
  )
})

test('an execution that only transforms data has no states in its line', () => {
  expect(formatExecution({ ...summary, trace: [step('Prepare', 'Pass', 0)] })).toBe('workflow SUCCEEDED 32 ms Workflow')
})

test('the line of a map run has its items, and how many of them failed', () => {
  const progress = { stateMachineName: 'Batch', label: 'Records', ended: 20, failed: 0, total: 100 }
  expect(formatMapRun(progress)).toBe('workflow RUNNING Batch Records: 20 of 100 items')
  expect(formatMapRun({ ...progress, failed: 3 })).toBe('workflow RUNNING Batch Records: 20 of 100 items, 3 failed')
})
