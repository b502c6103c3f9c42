import {
  DescribeStateMachineCommand,
  ListStateMachinesCommand,
  SFNClient,
  StartExecutionCommand,
  StartSyncExecutionCommand,
} from '@aws-sdk/client-sfn'
import { createStepFunctionsServer } from '../../../../local/workflow/index.ts'
import { type RunningWorkflow, startWorkflow } from '../../statemachine/support/start-workflow.ts'

let workflow: RunningWorkflow
let server: ReturnType<typeof createStepFunctionsServer>
let client: SFNClient

beforeAll(async () => {
  workflow = await startWorkflow({ limitMs: 1500 })
  server = createStepFunctionsServer({ stepFunctions: workflow.stepFunctions })
  client = new SFNClient({
    endpoint: `http://127.0.0.1:${await server.listen(0)}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    disableHostPrefix: true,
  })
})
afterAll(async () => {
  client.destroy()
  await server.close()
  workflow.functions.close()
  await workflow.close()
})

const start = (input: unknown, name?: string) =>
  client.send(
    new StartSyncExecutionCommand({
      stateMachineArn: workflow.arn,
      input: JSON.stringify(input),
      ...(name && { name }),
    }),
  )

test('StartSyncExecution answers with the result', async () => {
  const { status, output, executionArn, startDate, stopDate, name } = await start(
    { prompt: 'What is the capital of France?' },
    'run-1',
  )
  expect(status).toBe('SUCCEEDED')
  expect(JSON.parse(output ?? '')).toMatchObject({ mode: 'direct', text: expect.stringContaining('Paris') })
  expect(executionArn).toContain(':express:InferenceWorkflow:run-1:')
  expect(name).toBe('run-1')
  expect(startDate?.getTime()).toBeLessThanOrEqual(stopDate?.getTime() ?? 0)
})

test('a failed execution is an answer with error and cause', async () => {
  expect(await start({ prompt: 'a', mode: 'fast' })).toMatchObject({
    status: 'FAILED',
    error: 'ValidationException',
    cause: 'mode must be auto, direct, sync or async.',
  })
})

test('an execution ends at its time limit', async () => {
  const { status, error } = await start({ prompt: '[emulator:stall=20000] a', mode: 'direct' })
  expect({ status, error }).toEqual({ status: 'TIMED_OUT', error: 'States.Timeout' })
})

test('StartExecution does not wait for the end', async () => {
  const count = workflow.executions.length
  const { executionArn, startDate } = await client.send(
    new StartExecutionCommand({ stateMachineArn: workflow.arn, input: '{"prompt":"Hi"}', name: 'later' }),
  )
  expect(executionArn).toContain(':later:')
  expect(startDate).toBeInstanceOf(Date)
  while (workflow.executions.length === count) await new Promise((resolve) => setImmediate(resolve))
  expect(workflow.executions.at(-1)).toMatchObject({ executionName: 'later', status: 'SUCCEEDED' })
})

test('ListStateMachines and DescribeStateMachine describe the machine', async () => {
  const { stateMachines } = await client.send(new ListStateMachinesCommand({}))
  expect(stateMachines).toMatchObject([{ name: 'InferenceWorkflow', stateMachineArn: workflow.arn, type: 'EXPRESS' }])
  const described = await client.send(new DescribeStateMachineCommand({ stateMachineArn: workflow.arn }))
  expect(described).toMatchObject({ status: 'ACTIVE', type: 'EXPRESS' })
  expect(JSON.parse(described.definition ?? '')).toEqual(workflow.stateMachine.definition)
})

test.each([
  [
    'StateMachineDoesNotExist',
    { stateMachineArn: 'arn:aws:states:us-east-1:123456789012:stateMachine:Other', input: '{}' },
  ],
  ['InvalidExecutionInput', { input: '{' }],
  ['InvalidName', { input: '{}', name: 'a b' }],
  ['ValidationException', { input: JSON.stringify('x'.repeat(262_144)) }],
])('a bad request is refused with %s', async (name, request) => {
  const sent = client.send(new StartSyncExecutionCommand({ stateMachineArn: workflow.arn, ...request }))
  await expect(sent).rejects.toMatchObject({ name })
})
