import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn'
import { createS3Server } from '@bedrock-functions/s3-emulator'
import { checkDefinition } from '../../../../../local/workflow/definition/check-definition.ts'
import type { Definition } from '../../../../../local/workflow/definition/definition.ts'
import {
  createStepFunctions,
  createStepFunctionsServer,
  type StepFunctionsOptions,
} from '../../../../../local/workflow/index.ts'
import { SERVED_RESOURCES } from '../../../../../local/workflow/resources/served-resources.ts'

export const BUCKET = 'records'
export const ARN = 'arn:aws:states:us-east-1:123456789012:stateMachine:'

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
const common = { region: 'us-east-1', credentials }

export type Invoke = (payload: Record<string, unknown>) => Promise<unknown>

/** Machine with one distributed Map, whose children pass their input to the function. */
export function mapMachine(fields: object, processor: object = {}): Definition {
  return {
    QueryLanguage: 'JSONata',
    StartAt: 'Each',
    States: {
      Each: {
        Type: 'Map',
        Label: 'Lines',
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' },
          StartAt: 'Work',
          States: {
            Work: {
              Type: 'Task',
              Resource: 'arn:aws:states:::lambda:invoke',
              Arguments: { FunctionName: 'worker', Payload: '{% $states.input %}' },
              Output: '{% $states.result.Payload %}',
              End: true,
            },
          },
          ...processor,
        },
        End: true,
        ...fields,
      },
    },
  } as unknown as Definition
}

export const reader = (InputType: string, more = {}) => ({
  Resource: 'arn:aws:states:::s3:getObject',
  Arguments: { Bucket: BUCKET, Key: '{% $states.input.key %}' },
  ReaderConfig: { InputType, ...more },
})

export const writer = (WriterConfig?: object) => ({
  Resource: 'arn:aws:states:::s3:putObject',
  Arguments: { Bucket: BUCKET, Prefix: 'results' },
  ...(WriterConfig && { WriterConfig }),
})

export interface ServiceOptions {
  readonly machines: Readonly<Record<string, Definition>>
  readonly s3Url: string
  readonly invoke: Invoke
  /** A temporary one by default. */
  readonly directory?: string
}

/** Local Step Functions with Standard machines, and a stock client. */
export async function openService({ machines, s3Url, invoke, directory }: ServiceOptions) {
  for (const [name, definition] of Object.entries(machines)) {
    const problems = checkDefinition(definition, SERVED_RESOURCES)
    if (problems.length > 0) throw new Error(`${name}: ${problems.join('; ')}`)
  }
  const ended = new Map<string, () => void>()
  const options: StepFunctionsOptions = {
    stateMachines: Object.entries(machines).map(([name, definition]) => ({
      logicalId: name,
      type: 'STANDARD',
      name,
      arn: `${ARN}${name}`,
      definition,
      definitionPath: '',
      createdAt: new Date(),
    })),
    invoke: async (_name, payload) => ({
      payload: Buffer.from(JSON.stringify((await invoke(JSON.parse(payload.toString()))) ?? null)),
    }),
    bedrock: { endpoint: 'http://127.0.0.1:9' },
    s3: { endpoint: s3Url },
    region: 'us-east-1',
    ...(directory !== undefined && { directory }),
    onExecution: ({ executionName }) => ended.get(executionName)?.(),
  }
  const stepFunctions = createStepFunctions(options)
  const server = createStepFunctionsServer({ stepFunctions })
  const endpoint = `http://127.0.0.1:${await server.listen(0)}`
  const client = new SFNClient({ ...common, endpoint, disableHostPrefix: true, maxAttempts: 1 })

  /** Resolves at the next end of the named execution. */
  const nextEnd = (name: string) => new Promise<void>((resolve) => ended.set(name, resolve))

  return {
    client,
    stepFunctions,
    nextEnd,
    async start(machine: string, input: object, name: string = randomUUID()) {
      const end = nextEnd(name)
      const { executionArn = '' } = await client.send(
        new StartExecutionCommand({ stateMachineArn: `${ARN}${machine}`, name, input: JSON.stringify(input) }),
      )
      return { executionArn, end, name }
    },
    /** Starts an execution and describes it after its end. */
    async run(machine: string, input: object) {
      const { executionArn, end } = await this.start(machine, input)
      await end
      return await client.send(new DescribeExecutionCommand({ executionArn }))
    },
    async close() {
      client.destroy()
      await server.close()
      await stepFunctions.close()
    },
  }
}

export type Service = Awaited<ReturnType<typeof openService>>

/** Embedded S3 with a bucket, and a stock client. */
export async function openBucket() {
  const directory = await mkdtemp(join(tmpdir(), 'standard-machines-'))
  const server = createS3Server({ directory: join(directory, 's3'), buckets: [{ name: BUCKET }] })
  const url = `http://127.0.0.1:${await server.listen(0)}`
  const client = new S3Client({ ...common, endpoint: url, forcePathStyle: true })
  return {
    /** Directory for the state of a test. */
    directory,
    url,
    put: (Key: string, Body: string | Uint8Array) => client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body })),
    read: async (Key: string) =>
      (await (await client.send(new GetObjectCommand({ Bucket: BUCKET, Key }))).Body?.transformToString()) ?? '',
    async close() {
      client.destroy()
      await server.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
