import {
  BedrockClient,
  CreateModelInvocationJobCommand,
  type CreateModelInvocationJobCommandInput,
  GetModelInvocationJobCommand,
  type GetModelInvocationJobCommandOutput,
  type ModelInvocationJobStatus,
} from '@aws-sdk/client-bedrock'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import type { BatchOptions, BedrockEmulatorOptions, BedrockEvent } from '@bedrock-functions/bedrock-emulator'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { BUCKET, ManualClock, type RunningS3 } from './async-support.ts'
import { CLAUDE, createHttp1Client, startEmulator } from './support.ts'

export const ROLE = 'arn:aws:iam::123456789012:role/batch'

const ENDS: readonly (string | undefined)[] = ['Completed', 'PartiallyCompleted', 'Failed', 'Stopped', 'Expired']

/** Settings under which a job of one record runs, a second in each state. */
export const SMALL: BatchOptions = { minRecords: 1 }

export type BatchEmulator = Awaited<ReturnType<typeof startBatchEmulator>>

/** Starts an emulator whose clock stands still, with a stock client of the control plane. */
export async function startBatchEmulator(s3: RunningS3, options: BedrockEmulatorOptions = {}) {
  const clock = new ManualClock()
  const events: BedrockEvent[] = []
  const onEvent = (event: BedrockEvent) => void events.push(event)
  const { url, close } = await startEmulator({ clock, s3Endpoint: s3.url, batch: SMALL, onEvent, ...options })
  const bedrock = new BedrockClient({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(),
  })
  const runtime = createHttp1Client(url)
  const get = (jobIdentifier: string) => bedrock.send(new GetModelInvocationJobCommand({ jobIdentifier }))

  /** Moves the clock on, half a second for each poll, until a poll fulfils the condition. */
  async function poll(
    jobIdentifier: string,
    isDone: (job: GetModelInvocationJobCommandOutput) => boolean,
  ): Promise<GetModelInvocationJobCommandOutput> {
    for (;;) {
      const job = await get(jobIdentifier)
      if (isDone(job)) return job
      clock.advance(500)
    }
  }

  return {
    ...{ url, clock, events, bedrock, runtime, get, poll },
    async create(input: Partial<CreateModelInvocationJobCommandInput> = {}): Promise<string> {
      const { jobArn = '' } = await bedrock.send(createCommand(input))
      return jobArn
    },
    reached: (jobIdentifier: string, status: ModelInvocationJobStatus) =>
      poll(jobIdentifier, (job) => job.status === status),
    ended: (jobIdentifier: string) => poll(jobIdentifier, ({ status }) => ENDS.includes(status)),
    async close() {
      bedrock.destroy()
      runtime.destroy()
      await close()
    },
  }
}

export function createCommand(input: Partial<CreateModelInvocationJobCommandInput> = {}) {
  return new CreateModelInvocationJobCommand({
    jobName: 'prompts',
    roleArn: ROLE,
    modelId: CLAUDE,
    inputDataConfig: from('in/prompts.jsonl'),
    outputDataConfig: { s3OutputDataConfig: { s3Uri: `s3://${BUCKET}/out/` } },
    ...input,
  })
}

export function from(key: string) {
  return { s3InputDataConfig: { s3Uri: `s3://${BUCKET}/${key}` } }
}

export async function putObject({ client }: RunningS3, key: string, body: string | Uint8Array): Promise<void> {
  await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: Buffer.from(body) }))
}

/** Native body of Claude. */
export function claudeBody(text: string) {
  return { anthropic_version: 'bedrock-2023-05-31', max_tokens: 100, messages: [{ role: 'user', content: text }] }
}

export function converseBody(text: string) {
  return { messages: [{ role: 'user', content: [{ text }] }], inferenceConfig: { maxTokens: 100 } }
}

export interface InputRecord {
  readonly recordId?: string
  readonly modelInput: unknown
}

export function toLines(records: readonly InputRecord[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join('')
}

export function countedRecords(count: number, makeBody = claudeBody): InputRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    recordId: `REC${String(index + 1).padStart(8, '0')}`,
    modelInput: makeBody(`What is ${index} + 1?`),
  }))
}

export function idOf(jobArn = ''): string {
  return jobArn.slice(-12)
}

/** Lines of an output file. */
export async function readOutput(s3: RunningS3, jobArn: string, name = 'prompts.jsonl.out') {
  const lines = (await s3.read(`out/${idOf(jobArn)}/${name}`)).trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line))
}

export async function readManifest(s3: RunningS3, jobArn: string) {
  return JSON.parse(await s3.read(`out/${idOf(jobArn)}/manifest.json.out`))
}
