import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type BedrockRuntimeClient,
  GetAsyncInvokeCommand,
  type GetAsyncInvokeCommandOutput,
  StartAsyncInvokeCommand,
  type StartAsyncInvokeCommandInput,
} from '@aws-sdk/client-bedrock-runtime'
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import type { BedrockEmulatorOptions, Clock } from '@bedrock-functions/bedrock-emulator'
import { createS3Server } from '@bedrock-functions/s3-emulator'
import { createHttp1Client, type RunningEmulator, startEmulator } from './support.ts'

export const MARENGO = 'twelvelabs.marengo-embed-3-0-v1:0'
export const BUCKET = 'results'

/** Clock that stands still until `advance`. */
export class ManualClock implements Clock {
  #now = Date.UTC(2026, 10, 21, 12)
  readonly #timers = new Set<{ readonly due: number; readonly callback: () => void }>()

  now(): number {
    return this.#now
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { due: this.#now + delayMs, callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  advance(durationMs: number): void {
    this.#now += durationMs
    for (const timer of [...this.#timers]) {
      if (timer.due > this.#now) continue
      this.#timers.delete(timer)
      timer.callback()
    }
  }

  get waiting(): number {
    return this.#timers.size
  }
}

export interface RunningS3 {
  readonly url: string
  readonly client: S3Client
  /** Lists the keys below a prefix, in order. */
  list(prefix: string): Promise<string[]>
  read(key: string): Promise<string>
  close(): Promise<void>
}

/** Starts the S3 emulator with one bucket, on a free port or on its previous one. */
export async function startS3(directory?: string, port = 0): Promise<RunningS3> {
  const own = directory ?? (await mkdtemp(join(tmpdir(), 'async-s3-')))
  const server = createS3Server({ directory: own, buckets: [{ name: BUCKET }] })
  const url = `http://127.0.0.1:${await server.listen(port)}`
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const client = new S3Client({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 })
  return {
    url,
    client,
    async list(prefix) {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: prefix }))
      return Contents.map(({ Key = '' }) => Key)
    },
    async read(key) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }))
      return (await Body?.transformToString()) ?? ''
    },
    async close() {
      client.destroy()
      await server.close()
      if (directory === undefined) await rm(own, { recursive: true, force: true })
    },
  }
}

export interface AsyncEmulator extends RunningEmulator {
  readonly client: BedrockRuntimeClient
  readonly clock: ManualClock
  start(input?: Partial<StartAsyncInvokeCommandInput>): Promise<string>
  get(invocationArn: string): Promise<GetAsyncInvokeCommandOutput>
  /** Polls until the invocation has ended. */
  ended(invocationArn: string): Promise<GetAsyncInvokeCommandOutput>
}

export async function startAsyncEmulator(options: BedrockEmulatorOptions = {}): Promise<AsyncEmulator> {
  const clock = new ManualClock()
  const emulator = await startEmulator({ clock, ...options })
  const client = createHttp1Client(emulator.url)
  const get = (invocationArn: string) => client.send(new GetAsyncInvokeCommand({ invocationArn }))
  return {
    ...emulator,
    client,
    clock,
    get,
    async start(input) {
      const { invocationArn = '' } = await client.send(startCommand(input))
      return invocationArn
    },
    async ended(invocationArn) {
      for (;;) {
        const answer = await get(invocationArn)
        if (answer.status !== 'InProgress') return answer
      }
    },
    async close() {
      client.destroy()
      await emulator.close()
    },
  }
}

/** Starts an invocation; embeds a text with Marengo by default. */
export function startCommand(input: Partial<StartAsyncInvokeCommandInput> = {}): StartAsyncInvokeCommand {
  return new StartAsyncInvokeCommand({
    modelId: MARENGO,
    modelInput: textInput('a dog on a beach'),
    outputDataConfig: { s3OutputDataConfig: { s3Uri: `s3://${BUCKET}/embeddings` } },
    ...input,
  })
}

export function textInput(inputText: string) {
  return { inputType: 'text', text: { inputText } }
}

export function idOf(invocationArn: string): string {
  return invocationArn.split('/')[1] ?? ''
}
