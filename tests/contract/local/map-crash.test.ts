import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  ListStateMachinesCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn'
import { type RunningStack, startStack } from '../../support/start-stack.ts'
import { type Collector, createCollector, until } from './support/collector.ts'

const ROUNDS = 3
const LINES = 400
const BATCHES = LINES / 2
/** MaxConcurrency of the Map. */
const CONCURRENCY = 3

let collector: Collector
let stateDirectory: string
let stack: RunningStack
let client: SFNClient

beforeAll(async () => {
  collector = await createCollector()
  stateDirectory = await mkdtemp(join(tmpdir(), 'map-crash-test-'))
})
afterAll(async () => {
  client?.destroy()
  await stack?.stop()
  collector.close()
  await rm(stateDirectory, { recursive: true, force: true })
})

const common = { region: 'us-east-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' } }

async function start() {
  stack = await startStack({
    stateDirectory,
    ...(stack && { port: stack.port }),
    readyPath: '/ping',
    arguments: [
      ...['--template', join(import.meta.dirname, 'fixtures/map.yaml')],
      ...['--parameter-overrides', `Collector=${collector.url}`],
    ],
  })
  client?.destroy()
  client = new SFNClient({ ...common, endpoint: stack.stepFunctions, disableHostPrefix: true })
}

/** First number of each batch that the function got. */
const batches = () => collector.collected.map(({ event }): number => event.Items[0].n)

test(`a map run that is killed ${ROUNDS} times runs only the unfinished batches again`, async () => {
  await start()
  const s3 = new S3Client({ ...common, endpoint: stack.s3, forcePathStyle: true })
  const Body = Array.from({ length: LINES }, (_, n) => `{"n":${n}}\n`).join('')
  await s3.send(new PutObjectCommand({ Bucket: 'local-records', Key: 'records.jsonl', Body }))
  const { stateMachines = [] } = await client.send(new ListStateMachinesCommand({}))
  expect(stateMachines).toMatchObject([{ name: 'Batch', type: 'STANDARD' }])
  const { stateMachineArn } = stateMachines[0] ?? {}
  const input = '{"key":"records.jsonl"}'
  const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn, name: 'all', input }))

  const interrupted: number[] = []
  for (let round = 1; round <= ROUNDS; round += 1) {
    const enough = collector.collected.length + 4
    await until(() => collector.collected.length >= enough)
    // With as many calls held as may run, all others have ended and are in the checkpoint.
    collector.answer('hold')
    await until(() => collector.waiting === CONCURRENCY)
    interrupted.push(...batches().slice(-CONCURRENCY))
    await stack.kill()
    await until(() => collector.waiting === 0)
    collector.answer('succeed')
    await start()
  }

  const { mapRuns = [] } = await client.send(new ListMapRunsCommand({ executionArn }))
  expect(mapRuns).toHaveLength(1)
  let status: string | undefined = 'RUNNING'
  while (status === 'RUNNING') ({ status } = await client.send(new DescribeExecutionCommand({ executionArn })))
  expect(status).toBe('SUCCEEDED')
  expect(stack.output()).toMatch(/workflow RUNNING Batch Records: \d+ of 400 items\n/)

  const expected = [...Array.from({ length: BATCHES }, (_, index) => index * 2), ...interrupted]
  const inOrder = (numbers: readonly number[]) => numbers.toSorted((one, other) => one - other)
  expect(inOrder(batches())).toEqual(inOrder(expected))

  const run = await client.send(new DescribeMapRunCommand({ mapRunArn: mapRuns[0]?.mapRunArn }))
  expect(run).toMatchObject({ status: 'SUCCEEDED', itemCounts: { succeeded: LINES, total: LINES }, redriveCount: 0 })
  const { output = '' } = await client.send(new DescribeExecutionCommand({ executionArn }))
  const { Bucket, Key } = JSON.parse(output).ResultWriterDetails
  const results = await s3.send(
    new GetObjectCommand({ Bucket, Key: Key.replace('manifest.json', 'SUCCEEDED_0.jsonl') }),
  )
  const lines = (await results.Body?.transformToString()) ?? ''
  expect(lines).toBe(Array.from({ length: LINES }, (_, n) => `${n}\n`).join(''))

  await expect(client.send(new StartExecutionCommand({ stateMachineArn, name: 'all', input }))).rejects.toMatchObject({
    name: 'ExecutionAlreadyExists',
  })
  const { executions = [] } = await client.send(new ListExecutionsCommand({ stateMachineArn }))
  expect(executions).toMatchObject([{ name: 'all', status: 'SUCCEEDED' }])
  s3.destroy()
}, 120_000)
