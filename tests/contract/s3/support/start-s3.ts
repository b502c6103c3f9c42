import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import {
  type CorsRule,
  createS3Server,
  type EventListener,
  type ObjectEvent,
  type RequestSummary,
  type S3Server,
} from '@bedrock-functions/s3-emulator'

export const ACCOUNT_ID = '123456789012'
export const REGION = 'eu-west-1'

/** One bucket of each kind. */
export const PLAIN = 'plain'
export const VERSIONED = 'versioned'

export interface RunningS3 {
  readonly url: string
  readonly client: S3Client
  readonly directory: string
  readonly server: S3Server
  /** Delivered events. */
  readonly events: readonly ObjectEvent[]
  readonly summaries: readonly RequestSummary[]
  /** Creates another client of the same server. */
  connect(configuration?: S3ClientConfig): S3Client
  /** Stops and starts on the same directory. */
  restart(): Promise<RunningS3>
  /** Stops and removes the directory. */
  close(): Promise<void>
}

export interface StartOptions {
  readonly directory?: string
  /** Called for each event before it counts as acknowledged. */
  readonly onEvent?: EventListener
  /** Client of the plain bucket. */
  readonly corsRules?: readonly CorsRule[]
}

/** Starts a server on a free port, with a client that does not retry. */
export async function startS3(options: StartOptions = {}): Promise<RunningS3> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'embedded-s3-test-')))
  const events: ObjectEvent[] = []
  const summaries: RequestSummary[] = []
  const server = createS3Server({
    directory,
    buckets: [
      { name: PLAIN, corsRules: options.corsRules ?? [] },
      { name: VERSIONED, versioned: true },
    ],
    accountId: ACCOUNT_ID,
    region: REGION,
    async onEvent(event) {
      await options.onEvent?.(event)
      events.push(event)
    },
    onRequest: (summary) => summaries.push(summary),
  })
  const url = `http://127.0.0.1:${await server.listen(0)}`
  const clients: S3Client[] = []
  const connect = (configuration: S3ClientConfig = {}) => {
    const client = new S3Client({
      endpoint: url,
      region: REGION,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 1,
      ...configuration,
    })
    clients.push(client)
    return client
  }
  const stop = async () => {
    for (const client of clients) client.destroy()
    await server.close()
  }
  return {
    url,
    client: connect(),
    directory,
    server,
    events,
    summaries,
    connect,
    async restart() {
      await stop()
      return startS3({ ...options, directory })
    },
    async close() {
      await stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Resolves when `isTrue` returns true; checks in every turn of the event loop. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve))
}

/** Returns code and status of an SDK call's error. */
export async function failureOf(call: Promise<unknown>): Promise<{ code: string; statusCode: number | undefined }> {
  const error = await call.then(
    () => undefined,
    (failure) => failure,
  )
  return { code: error?.name, statusCode: error?.$metadata?.httpStatusCode }
}
