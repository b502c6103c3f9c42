import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  RedriveExecutionCommand,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
  UpdateMapRunCommand,
} from '@aws-sdk/client-sfn'
import type { Definition } from '../../../../local/workflow/definition/definition.ts'
import { ARN, mapMachine, openBucket, openService, reader, type Service, writer } from './support/standard-machines.ts'

const PAIRS = { ItemReader: reader('JSONL'), ItemBatcher: { MaxItemsPerBatch: 2 }, ResultWriter: writer() }

const MACHINES: Readonly<Record<string, Definition>> = {
  Pairs: mapMachine({ ...PAIRS, MaxConcurrency: 1 }),
  Wide: mapMachine({ ItemReader: reader('JSONL'), MaxConcurrency: '{% $states.input.width %}' }),
  Half: mapMachine({ ItemReader: reader('JSONL'), MaxConcurrency: 1, ToleratedFailurePercentage: 50 }),
  StandardChildren: mapMachine(
    { ItemReader: reader('JSONL'), MaxConcurrency: 1, ResultWriter: writer() },
    { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } },
  ),
  Steps: {
    QueryLanguage: 'JSONata',
    StartAt: 'Keep',
    States: {
      Keep: { Type: 'Pass', Assign: { kept: '{% $states.input.n %}' }, Output: '{% $states.input %}', Next: 'Call' },
      Call: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        Arguments: { FunctionName: 'worker', Payload: { Items: ['{% $states.input %}'] } },
        Output: '{% $kept %}',
        End: true,
      },
    },
  } as unknown as Definition,
}

let bucket: Awaited<ReturnType<typeof openBucket>>
let service: Service
let client: SFNClient
/** Inputs that the function got, oldest first. */
const calls: { readonly Items?: readonly { readonly n: number }[]; readonly n?: number }[] = []
/** Decides whether a call fails or waits. */
let onCall: (input: (typeof calls)[number]) => Promise<void> | void = () => undefined

beforeAll(async () => {
  bucket = await openBucket()
  service = await openService({
    machines: MACHINES,
    s3Url: bucket.url,
    async invoke(input) {
      calls.push(input)
      await onCall(input)
      return 'done'
    },
  })
  client = service.client
  const lines = (count: number) => Array.from({ length: count }, (_, n) => `{"n":${n}}\n`).join('')
  await bucket.put('5.jsonl', lines(5))
  await bucket.put('3.jsonl', lines(3))
})
beforeEach(() => {
  calls.length = 0
  onCall = () => undefined
})
afterAll(async () => {
  await service.close()
  await bucket.close()
})

const describeExecution = (executionArn: string) => client.send(new DescribeExecutionCommand({ executionArn }))
const history = async (executionArn: string) => {
  const { events = [] } = await client.send(new GetExecutionHistoryCommand({ executionArn }))
  return events
}
const mapRunOf = async (executionArn: string) => {
  const { mapRuns = [] } = await client.send(new ListMapRunsCommand({ executionArn }))
  const { mapRunArn } = mapRuns[0] ?? {}
  return await client.send(new DescribeMapRunCommand({ mapRunArn }))
}
const redrive = (executionArn: string, clientToken?: string) =>
  client.send(new RedriveExecutionCommand({ executionArn, ...(clientToken && { clientToken }) }))
const failing = (isBad: (n: number) => boolean) => (input: (typeof calls)[number]) => {
  if ((input.Items ?? [input]).some(({ n = -1 }) => isBad(n))) throw new Error('bad')
}
/** Makes calls wait; resolves `reached` when a number of them do. */
function hold(count: number) {
  const reached = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  let waiting = 0
  onCall = () => {
    waiting += 1
    if (waiting === count) reached.resolve()
    return released.promise
  }
  return { reached: reached.promise, release: () => released.resolve() }
}

describe('a map run', () => {
  test('has counts of items and executions, and its results are in S3', async () => {
    const { executionArn = '', output, status } = await service.run('Pairs', { key: '5.jsonl' })
    expect(status).toBe('SUCCEEDED')
    const run = await mapRunOf(executionArn)
    const none = {
      pending: 0,
      running: 0,
      failed: 0,
      timedOut: 0,
      aborted: 0,
      failuresNotRedrivable: 0,
      pendingRedrive: 0,
    }
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      executionArn,
      maxConcurrency: 1,
      toleratedFailureCount: 0,
      toleratedFailurePercentage: 0,
      itemCounts: { ...none, total: 5, succeeded: 5, resultsWritten: 5 },
      executionCounts: { ...none, total: 3, succeeded: 3, resultsWritten: 3 },
      redriveCount: 0,
    })
    const { ResultWriterDetails, MapRunArn } = JSON.parse(output ?? '')
    expect(MapRunArn).toBe(run.mapRunArn)
    const folder = ResultWriterDetails.Key.replace('/manifest.json', '')
    const results = JSON.parse(await bucket.read(`${folder}/SUCCEEDED_0.json`))
    expect(results[0]).toEqual({
      ExecutionArn: expect.stringMatching(/:express:Pairs\/Lines:/),
      Input: '{"Items":[{"n":0},{"n":1}]}',
      InputDetails: { Included: true },
      Name: expect.stringMatching(/^[0-9a-f-]{36}$/),
      Output: '"done"',
      OutputDetails: { Included: true },
      RedriveCount: 0,
      RedriveStatus: 'NOT_REDRIVABLE',
      RedriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven',
      StartDate: expect.any(String),
      StateMachineArn: `${ARN}Pairs/Lines`,
      Status: 'SUCCEEDED',
      StopDate: expect.any(String),
    })
    expect(results.map(({ Input }: { Input: string }) => Input)).toEqual([
      '{"Items":[{"n":0},{"n":1}]}',
      '{"Items":[{"n":2},{"n":3}]}',
      '{"Items":[{"n":4}]}',
    ])
  })

  test('shows its progress while it runs', async () => {
    const { reached, release } = hold(2)
    const { executionArn, end } = await service.start('Wide', { key: '5.jsonl', width: 2 })
    await reached
    const { status, itemCounts, stopDate } = await mapRunOf(executionArn)
    expect({ status, stopDate }).toEqual({ status: 'RUNNING' })
    expect(itemCounts).toMatchObject({ total: 5, running: 2, pending: 3, succeeded: 0 })
    release()
    await end
    expect(calls).toHaveLength(5)
  })

  test('runs as many children as an update of MaxConcurrency allows', async () => {
    const { reached, release } = hold(4)
    const { executionArn, end } = await service.start('Wide', { key: '5.jsonl', width: 1 })
    let mapRunArn: string | undefined
    while (mapRunArn === undefined) {
      const { mapRuns = [] } = await client.send(new ListMapRunsCommand({ executionArn }))
      mapRunArn = mapRuns[0]?.mapRunArn
    }
    await client.send(new UpdateMapRunCommand({ mapRunArn, maxConcurrency: 4 }))
    await reached
    expect(await client.send(new DescribeMapRunCommand({ mapRunArn }))).toMatchObject({ maxConcurrency: 4 })
    release()
    await end
    const late = client.send(new UpdateMapRunCommand({ mapRunArn, maxConcurrency: 5 }))
    await expect(late).rejects.toMatchObject({ name: 'ValidationException', reason: 'CANNOT_UPDATE_COMPLETED_MAP_RUN' })
    const nothing = client.send(new UpdateMapRunCommand({ mapRunArn }))
    await expect(nothing).rejects.toMatchObject({ name: 'ValidationException', reason: 'MISSING_REQUIRED_PARAMETER' })
  })

  test('exports what it has when too many items fail: also the batches that never started', async () => {
    onCall = failing((n) => n === 2)
    const { executionArn = '', error } = await service.run('Pairs', { key: '5.jsonl' })
    expect(error).toBe('States.ExceedToleratedFailureThreshold')
    const { mapRunArn = '', status, itemCounts } = await mapRunOf(executionArn)
    expect(status).toBe('FAILED')
    expect(itemCounts).toMatchObject({ succeeded: 2, failed: 2, pending: 1, total: 5 })
    const folder = `results/${mapRunArn.split(':').at(-1)}`
    const manifest = JSON.parse(await bucket.read(`${folder}/manifest.json`))
    expect(manifest.ResultFiles.FAILED).toHaveLength(1)
    expect(JSON.parse(await bucket.read(`${folder}/FAILED_0.json`))).toMatchObject([
      { Status: 'FAILED', Input: '{"Items":[{"n":2},{"n":3}]}', RedriveStatus: 'REDRIVABLE_BY_MAP_RUN' },
    ])
    expect(JSON.parse(await bucket.read(`${folder}/PENDING_0.json`))).toEqual([
      { Input: '{"Items":[{"n":4}]}', InputDetails: { Included: true }, Status: 'PENDING' },
    ])
    expect(JSON.parse(await bucket.read(`${folder}/SUCCEEDED_0.json`))).toHaveLength(1)
  })

  test('succeeds with as many failures as its percentage of all items', async () => {
    onCall = failing((n) => n < 2)
    expect(await service.run('Half', { key: '5.jsonl' })).toMatchObject({ status: 'SUCCEEDED' })
    onCall = failing((n) => n < 3)
    expect(await service.run('Half', { key: '5.jsonl' })).toMatchObject({ status: 'FAILED' })
  })

  test('that is unknown is a ResourceNotFound', async () => {
    const sent = client.send(
      new DescribeMapRunCommand({ mapRunArn: `arn:aws:states:us-east-1:1:mapRun:A/B:${'../'.repeat(12)}` }),
    )
    await expect(sent).rejects.toMatchObject({ name: 'ResourceNotFound' })
  })
})

describe('RedriveExecution', () => {
  test('runs only the batches that failed or never started', async () => {
    onCall = failing((n) => n === 2)
    const { executionArn = '' } = await service.run('Pairs', { key: '5.jsonl' })
    const failed = await mapRunOf(executionArn)
    calls.length = 0
    onCall = () => undefined
    const end = service.nextEnd(executionArn.split(':').at(-1) ?? '')
    const { redriveDate } = await redrive(executionArn)
    await end
    expect(calls).toEqual([{ Items: [{ n: 2 }, { n: 3 }] }, { Items: [{ n: 4 }] }])
    const described = await describeExecution(executionArn)
    expect(described).toMatchObject({
      status: 'SUCCEEDED',
      redriveCount: 1,
      redriveDate,
      redriveStatus: 'NOT_REDRIVABLE',
    })
    const run = await mapRunOf(executionArn)
    expect(run).toMatchObject({ mapRunArn: failed.mapRunArn, status: 'SUCCEEDED', redriveCount: 1 })
    expect(run.itemCounts).toMatchObject({ succeeded: 5, failed: 0, total: 5 })
    const folder = `results/${run.mapRunArn?.split(':').at(-1)}`
    const results = JSON.parse(await bucket.read(`${folder}/SUCCEEDED_0.json`))
    expect(results.map(({ RedriveCount }: { RedriveCount: number }) => RedriveCount)).toEqual([0, 1, 0])
    expect((await history(executionArn)).map(({ type }) => type)).toEqual([
      'ExecutionStarted',
      'MapStateEntered',
      'MapRunStarted',
      'MapRunFailed',
      'ExecutionFailed',
      'ExecutionRedriven',
      'MapRunRedriven',
      'MapRunSucceeded',
      'MapStateExited',
      'ExecutionSucceeded',
    ])
  })

  test('goes on at the failed state, with the variables of the states before', async () => {
    onCall = failing(() => true)
    const { executionArn = '', error } = await service.run('Steps', { n: 7 })
    expect(error).toBeDefined()
    onCall = () => undefined
    const end = service.nextEnd(executionArn.split(':').at(-1) ?? '')
    await redrive(executionArn)
    await end
    expect(await describeExecution(executionArn)).toMatchObject({ status: 'SUCCEEDED', output: '7' })
    const entered = (await history(executionArn)).filter(({ type }) => type?.endsWith('StateEntered'))
    expect(entered.map(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name)).toEqual(['Keep', 'Call'])
  })

  test('with the same token is one redrive', async () => {
    onCall = failing(() => true)
    const { executionArn = '' } = await service.run('Steps', { n: 1 })
    const name = executionArn.split(':').at(-1) ?? ''
    const end = service.nextEnd(name)
    const first = await redrive(executionArn, 'token')
    await end
    expect(await redrive(executionArn, 'token')).toMatchObject({ redriveDate: first.redriveDate })
    expect(await describeExecution(executionArn)).toMatchObject({ redriveCount: 1, redriveStatus: 'REDRIVABLE' })
  })

  test('starts the first map run when the items could not be read', async () => {
    const { executionArn = '', error } = await service.run('Pairs', { key: 'later.jsonl' })
    expect(error).toBe('States.ItemReaderFailed')
    await bucket.put('later.jsonl', '{"n":1}')
    const end = service.nextEnd(executionArn.split(':').at(-1) ?? '')
    await redrive(executionArn)
    await end
    expect(await mapRunOf(executionArn)).toMatchObject({ status: 'SUCCEEDED', redriveCount: 0 })
  })

  test('refuses other data than those of the failed attempt', async () => {
    await bucket.put('changing.jsonl', '{"n":1}\n{"n":2}')
    onCall = failing(() => true)
    const { executionArn = '' } = await service.run('Pairs', { key: 'changing.jsonl' })
    await bucket.put('changing.jsonl', '{"n":3}')
    const end = service.nextEnd(executionArn.split(':').at(-1) ?? '')
    await redrive(executionArn)
    await end
    expect(await describeExecution(executionArn)).toMatchObject({ error: 'States.ItemReaderFailed' })
  })

  test('is refused for an execution that succeeded', async () => {
    const { executionArn = '' } = await service.run('Steps', { n: 1 })
    await expect(redrive(executionArn)).rejects.toMatchObject({
      name: 'ExecutionNotRedrivable',
      message: 'Execution is SUCCEEDED and cannot be redriven',
    })
  })
})

describe('StopExecution', () => {
  test('lets Express children end, and a redrive does not run them again', async () => {
    const { reached, release } = hold(1)
    const { executionArn, end, name } = await service.start('Pairs', { key: '5.jsonl' })
    await reached
    const { stopDate } = await client.send(
      new StopExecutionCommand({ executionArn, error: 'Enough', cause: 'for today' }),
    )
    expect(await describeExecution(executionArn)).toMatchObject({
      status: 'ABORTED',
      error: 'Enough',
      cause: 'for today',
      stopDate,
    })
    release()
    await end
    expect(await mapRunOf(executionArn)).toMatchObject({ status: 'ABORTED', itemCounts: { succeeded: 2, pending: 3 } })
    const redriven = service.nextEnd(name)
    await redrive(executionArn)
    await redriven
    expect(calls.map(({ Items = [] }) => Items.map(({ n }) => n))).toEqual([[0, 1], [2, 3], [4]])
    expect(await describeExecution(executionArn)).toMatchObject({ status: 'SUCCEEDED' })
  })

  test('aborts Standard children, which a redrive runs again', async () => {
    const { reached, release } = hold(1)
    const { executionArn, end, name } = await service.start('StandardChildren', { key: '3.jsonl' })
    await reached
    await client.send(new StopExecutionCommand({ executionArn }))
    await end
    const { itemCounts, mapRunArn } = await mapRunOf(executionArn)
    expect(itemCounts).toMatchObject({ aborted: 1, pending: 2, running: 0 })
    const failed = await bucket.read(`results/${mapRunArn?.split(':').at(-1)}/FAILED_0.json`)
    expect(JSON.parse(failed)).toMatchObject([
      { Status: 'ABORTED', ExecutionArn: expect.stringContaining(':execution:') },
    ])
    release()
    onCall = () => undefined
    const redriven = service.nextEnd(name)
    await redrive(executionArn)
    await redriven
    expect(calls).toEqual([{ n: 0 }, { n: 0 }, { n: 1 }, { n: 2 }])
  })
})

describe('StartExecution', () => {
  test('with the name and the input of a running execution gives that one', async () => {
    const { reached, release } = hold(1)
    const { executionArn, end } = await service.start('Steps', { n: 1 }, 'same')
    await reached
    const start = (input: object) =>
      client.send(
        new StartExecutionCommand({ stateMachineArn: `${ARN}Steps`, name: 'same', input: JSON.stringify(input) }),
      )
    expect(await start({ n: 1 })).toMatchObject({ executionArn })
    await expect(start({ n: 2 })).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' })
    release()
    await end
    await expect(start({ n: 1 })).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' })
    expect(calls).toHaveLength(1)
  })
})

test('ListExecutions has the newest first, with filters and pages', async () => {
  const { executionArn: first } = await service.run('Half', { key: '3.jsonl' })
  const { executionArn: second } = await service.run('Half', { key: '3.jsonl' })
  const list = (more: object) => client.send(new ListExecutionsCommand({ stateMachineArn: `${ARN}Half`, ...more }))
  const { executions = [], nextToken } = await list({ maxResults: 1 })
  expect(executions).toEqual([expect.objectContaining({ executionArn: second, status: 'SUCCEEDED', redriveCount: 0 })])
  const next = await list({ maxResults: 1, nextToken })
  expect(next.executions?.[0]?.executionArn).toBe(first)
  expect((await list({ statusFilter: 'RUNNING' })).executions).toEqual([])
  expect((await list({ redriveFilter: 'REDRIVEN' })).executions).toEqual([])
  await expect(list({ nextToken: 'x' })).rejects.toMatchObject({ name: 'InvalidToken' })
})

test('GetExecutionHistory has the inputs, outputs and variables of the states, also in reverse', async () => {
  const { executionArn = '' } = await service.run('Steps', { n: 3 })
  const events = await history(executionArn)
  expect(events[0]).toMatchObject({ id: 1, previousEventId: 0, executionStartedEventDetails: { input: '{"n":3}' } })
  expect(events.find(({ type }) => type === 'PassStateExited')).toMatchObject({
    stateExitedEventDetails: { name: 'Keep', output: '{"n":3}', assignedVariables: { kept: '3' } },
  })
  expect(events.at(-1)).toMatchObject({ type: 'ExecutionSucceeded', executionSucceededEventDetails: { output: '3' } })
  const reversed = await client.send(
    new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 1 }),
  )
  expect(reversed.events).toMatchObject([{ id: events.length }])
  expect(reversed.nextToken).toBeDefined()
})

test.each([
  ['ExecutionDoesNotExist', 'arn:aws:states:us-east-1:123456789012:execution:Steps:none'],
  ['StateMachineTypeNotSupported', 'arn:aws:states:us-east-1:123456789012:express:Steps:a:b'],
  ['InvalidArn', 'none'],
])('%s is the error for another ARN', async (name, executionArn) => {
  await expect(describeExecution(executionArn)).rejects.toMatchObject({ name })
  await expect(client.send(new StopExecutionCommand({ executionArn }))).rejects.toMatchObject({ name })
})
