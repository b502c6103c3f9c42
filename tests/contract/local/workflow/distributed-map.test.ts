import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import {
  DescribeExecutionCommand,
  SFNClient,
  StartExecutionCommand,
  StartSyncExecutionCommand,
} from '@aws-sdk/client-sfn'
import { createS3Server } from '@bedrock-functions/s3-emulator'
import { checkDefinition } from '../../../../local/workflow/definition/check-definition.ts'
import type { Definition } from '../../../../local/workflow/definition/definition.ts'
import { createStepFunctions, createStepFunctionsServer } from '../../../../local/workflow/index.ts'

const BUCKET = 'records'
const ARN = 'arn:aws:states:us-east-1:123456789012:stateMachine:'
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }

/** Doubles a number; fails for anything else. */
const ITEM_PROCESSOR = {
  ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' },
  StartAt: 'Double',
  States: {
    Double: {
      Type: 'Choice',
      Choices: [
        {
          Condition: "{% $type($states.input.n) = 'number' %}",
          Output: '{% [$states.input.n, $states.input.n * 2] %}',
          Next: 'Done',
        },
      ],
      Default: 'Refuse',
    },
    Done: { Type: 'Succeed' },
    Refuse: { Type: 'Fail', Error: 'NotANumber', Cause: '{% $string($states.input) %}' },
  },
}
const machine = (fields: object) =>
  ({
    QueryLanguage: 'JSONata',
    StartAt: 'Each',
    States: { Each: { Type: 'Map', Label: 'Lines', ItemProcessor: ITEM_PROCESSOR, End: true, ...fields } },
  }) as Definition
const reader = (InputType: string, more = {}) => ({
  Resource: 'arn:aws:states:::s3:getObject',
  Arguments: { Bucket: BUCKET, Key: '{% $states.input.key %}' },
  ReaderConfig: { InputType, ...more },
})
const writer = (WriterConfig?: object) => ({
  Resource: 'arn:aws:states:::s3:putObject',
  Arguments: { Bucket: BUCKET, Prefix: "{% 'results/' & $states.input.key %}" },
  ...(WriterConfig && { WriterConfig }),
})

const MACHINES: Readonly<Record<string, Definition>> = {
  Lines: machine({ ItemReader: reader('JSONL') }),
  Array: machine({
    ItemReader: reader('JSON', { MaxItems: '{% 2 %}' }),
    ItemSelector: { n: '{% $states.context.Map.Item.Value.n %}' },
  }),
  Tolerant: machine({ ItemReader: reader('JSONL'), ToleratedFailurePercentage: 50 }),
  Counted: machine({ ItemReader: reader('JSONL'), ToleratedFailurePercentage: 50, ToleratedFailureCount: 0 }),
  Written: machine({ ItemReader: reader('JSONL'), ToleratedFailureCount: 1, ResultWriter: writer() }),
  Flat: machine({
    ItemReader: reader('JSONL'),
    ResultWriter: writer({ OutputType: 'JSONL', Transformation: 'FLATTEN' }),
  }),
  Inline: machine({ Items: '{% $states.input.items %}', MaxConcurrency: 1 }),
  Caught: {
    ...machine({}),
    States: {
      Each: {
        ...machine({}).States.Each,
        Items: [{ n: 'x' }],
        Catch: [
          {
            ErrorEquals: ['States.ExceedToleratedFailureThreshold'],
            Output: '{% $states.errorOutput %}',
            Next: 'Caught',
          },
        ],
      } as unknown as Definition['States'][string],
      Caught: { Type: 'Succeed' },
    },
  },
}

let directory: string
let s3: S3Client
let client: SFNClient
let ended: () => void = () => undefined
const closing: (() => unknown)[] = []

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'distributed-map-'))
  const s3Server = createS3Server({ directory, buckets: [{ name: BUCKET }] })
  const s3Url = `http://127.0.0.1:${await s3Server.listen(0)}`
  s3 = new S3Client({ endpoint: s3Url, region: 'us-east-1', forcePathStyle: true, credentials })
  for (const definition of Object.values(MACHINES)) expect(checkDefinition(definition, [])).toEqual([])
  const stepFunctions = createStepFunctions({
    stateMachines: Object.entries(MACHINES).map(([name, definition]) => ({
      logicalId: name,
      type: 'STANDARD',
      name,
      arn: `${ARN}${name}`,
      definition,
      definitionPath: '',
      createdAt: new Date(),
    })),
    invoke: async () => ({ payload: Buffer.from('null') }),
    bedrock: { endpoint: 'http://127.0.0.1:9' },
    s3: { endpoint: s3Url },
    region: 'us-east-1',
    onExecution: () => ended(),
  })
  const server = createStepFunctionsServer({ stepFunctions })
  client = new SFNClient({
    endpoint: `http://127.0.0.1:${await server.listen(0)}`,
    region: 'us-east-1',
    credentials,
    disableHostPrefix: true,
  })
  closing.push(
    () => client.destroy(),
    () => server.close(),
    () => stepFunctions.close(),
    () => s3.destroy(),
    () => s3Server.close(),
    () => rm(directory, { recursive: true, force: true }),
  )
  await put('good.jsonl', '{"n":1}\n\n{"n":9007199254740993}\n{"n":3}\n')
  await put('half.jsonl', '{"n":1}\n{"n":"two"}')
  await put('broken.jsonl', '{"n":1}\n{"n":')
  await put('list.json', '[{"n":1},{"n":2},{"n":3}]')
  await put('object.json', '{"n":1}')
})
afterAll(async () => {
  for (const close of closing) await close()
})

const put = (Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }))
const read = async (Key: string) =>
  (await (await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }))).Body?.transformToString()) ?? ''

/** Starts an execution and describes it after its end. */
async function run(name: string, input: object) {
  const end = new Promise<void>((resolve) => {
    ended = resolve
  })
  const { executionArn } = await client.send(
    new StartExecutionCommand({ stateMachineArn: `${ARN}${name}`, input: JSON.stringify(input) }),
  )
  await end
  const { status, error, cause, output } = await client.send(new DescribeExecutionCommand({ executionArn }))
  return { status, error, cause, output }
}

test('the lines of an object are the items, and the outputs of the children are the result', async () => {
  expect(await run('Lines', { key: 'good.jsonl' })).toMatchObject({
    status: 'SUCCEEDED',
    output: '[[1,2],[9007199254740993,18014398509481984],[3,6]]',
  })
})

test('the items of a JSON array are limited by MaxItems, and ItemSelector makes their input', async () => {
  expect(await run('Array', { key: 'list.json' })).toMatchObject({ output: '[[1,2],[2,4]]' })
})

test.each([
  ['Lines', 'none.jsonl', 'The specified key does not exist'],
  ['Lines', 'broken.jsonl', 'line 2 is not JSON'],
  ['Array', 'object.json', 'Attempting to map over non-iterable node.'],
])('%s of %s is States.ItemReaderFailed', async (name, key, words) => {
  const { status, error, cause } = await run(name, { key })
  expect({ status, error }).toEqual({ status: 'FAILED', error: 'States.ItemReaderFailed' })
  expect(cause).toContain(words)
})

test.each(['Lines', 'Counted'])('a failure that %s does not tolerate fails the Map', async (name) => {
  expect(await run(name, { key: 'half.jsonl' })).toMatchObject({
    status: 'FAILED',
    error: 'States.ExceedToleratedFailureThreshold',
    cause: 'The specified tolerated failure threshold was exceeded',
  })
})

test('a tolerated failure is described in the result', async () => {
  const { output } = await run('Tolerant', { key: 'half.jsonl' })
  expect(JSON.parse(output ?? '')).toEqual([
    [1, 2],
    expect.objectContaining({
      Status: 'FAILED',
      Error: 'NotANumber',
      Cause: '{"n":"two"}',
      Input: '{"n":"two"}',
      ExecutionArn: expect.stringMatching(/^arn:aws:states:us-east-1:123456789012:express:Tolerant\/Lines:/),
    }),
  ])
})

test('ResultWriter writes the results and a manifest', async () => {
  const { output } = await run('Written', { key: 'half.jsonl' })
  const { MapRunArn, ResultWriterDetails } = JSON.parse(output ?? '')
  expect(MapRunArn).toMatch(/^arn:aws:states:us-east-1:123456789012:mapRun:Written\/Lines:/)
  const folder = `results/half.jsonl/${MapRunArn.split(':').at(-1)}`
  expect(ResultWriterDetails).toEqual({ Bucket: BUCKET, Key: `${folder}/manifest.json` })
  const succeeded = await read(`${folder}/SUCCEEDED_0.json`)
  const failed = await read(`${folder}/FAILED_0.json`)
  expect(JSON.parse(await read(`${folder}/manifest.json`))).toEqual({
    DestinationBucket: BUCKET,
    MapRunArn,
    ResultFiles: {
      FAILED: [{ Key: `${folder}/FAILED_0.json`, Size: Buffer.byteLength(failed) }],
      PENDING: [],
      SUCCEEDED: [{ Key: `${folder}/SUCCEEDED_0.json`, Size: Buffer.byteLength(succeeded) }],
    },
  })
  expect(JSON.parse(succeeded)).toMatchObject([{ Status: 'SUCCEEDED', Input: '{"n":1}', Output: '[1,2]' }])
  expect(JSON.parse(failed)).toMatchObject([{ Status: 'FAILED', Error: 'NotANumber' }])
})

test('ResultWriter flattens arrays into lines', async () => {
  const { output } = await run('Flat', { key: 'good.jsonl' })
  const { ResultWriterDetails } = JSON.parse(output ?? '')
  const lines = await read(ResultWriterDetails.Key.replace('manifest.json', 'SUCCEEDED_0.jsonl'))
  expect(lines).toBe('1\n2\n9007199254740993\n18014398509481984\n3\n6\n')
})

test('items may come from the input, and nothing runs for none', async () => {
  expect(await run('Inline', { items: [{ n: 4 }] })).toMatchObject({ output: '[[4,8]]' })
  expect(await run('Inline', { items: [] })).toMatchObject({ output: '[]' })
})

test('the failure of a Map is caught by its name', async () => {
  expect(await run('Caught', {})).toMatchObject({ output: expect.stringContaining('ExceedToleratedFailureThreshold') })
})

describe('a Standard workflow', () => {
  const start = (name: string, items: object[]) =>
    client.send(new StartExecutionCommand({ stateMachineArn: `${ARN}Inline`, name, input: JSON.stringify({ items }) }))

  test('has no synchronous executions', async () => {
    const sent = client.send(new StartSyncExecutionCommand({ stateMachineArn: `${ARN}Inline` }))
    await expect(sent).rejects.toMatchObject({ name: 'StateMachineTypeNotSupported' })
  })

  test('runs a name once', async () => {
    const end = new Promise<void>((resolve) => {
      ended = resolve
    })
    const { executionArn } = await start('once', [{ n: 1 }])
    expect(executionArn).toBe('arn:aws:states:us-east-1:123456789012:execution:Inline:once')
    await end
    await expect(start('once', [{ n: 1 }])).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' })
    await expect(start('once', [{ n: 2 }])).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' })
    const described = await client.send(new DescribeExecutionCommand({ executionArn }))
    expect(described).toMatchObject({ name: 'once', input: '{"items":[{"n":1}]}', output: '[[1,2]]' })
    expect(described.stopDate?.getTime()).toBeGreaterThanOrEqual(described.startDate?.getTime() ?? Number.NaN)
  })

  test('has no execution of an unknown ARN', async () => {
    const sent = client.send(new DescribeExecutionCommand({ executionArn: `${ARN}Inline:none` }))
    await expect(sent).rejects.toMatchObject({ name: 'ExecutionDoesNotExist' })
  })
})
