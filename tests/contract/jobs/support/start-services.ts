import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetObjectCommand, ListObjectsV2Command, ListObjectVersionsCommand } from '@aws-sdk/client-s3'
import { createBedrockEmulator, type RequestSummary as ModelRequest } from '@bedrock-functions/bedrock-emulator'
import { type Bedrock, createBedrock } from '@bedrock-functions/runtime/bedrock'
import { type JobsConfiguration, readConfiguration } from '@bedrock-functions/runtime/core'
import type { JobName } from '@bedrock-functions/runtime/jobs'
import type { JobEvent } from '@bedrock-functions/runtime/jobs/worker'
import { createObjectStore, type ObjectStore } from '@bedrock-functions/runtime/object-store'
import type { Pipeline } from '@bedrock-functions/runtime/pipeline'
import { createS3Server, type RequestSummary as S3Request, type S3Server } from '@bedrock-functions/s3-emulator'
import { ConfiguredRetryStrategy } from '@smithy/core/retry'
import { logger } from '../../../../layers/runtime/src/core/logging.ts'
import { createTestPipeline } from '../../../support/calls.ts'
import { ManualClock } from '../../bedrock-emulator/async-support.ts'

const ACCOUNT_ID = '123456789012'
const REGION = 'us-east-1'
const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' }
export const ARN_PREFIX = `arn:aws:bedrock:${REGION}:${ACCOUNT_ID}`

/** Bucket other than the stack's own. */
export const OTHER_BUCKET = 'results'

export interface Services {
  readonly s3: S3Server
  /** Duration of Bedrock's own asynchronous invocations. */
  readonly clock: ManualClock
  /** Starts a stack with an empty bucket of its own. */
  createStack(): Stack
  close(): Promise<void>
}

/** Services of one stack's functions, and its state. */
export interface Stack {
  readonly pipeline: Pipeline
  readonly store: ObjectStore
  readonly bedrock: Bedrock
  /** Paths at which Bedrock was called through `bedrock`. */
  readonly calls: readonly string[]
  readonly configuration: JobsConfiguration
  readonly events: RecordingSender
  /** Returns pauses of 0 ms. */
  readonly quickPauseMs: () => number
  readonly s3Requests: readonly S3Request[]
  /** Bedrock's list of requests of all stacks since this stack began. */
  readonly modelRequests: readonly ModelRequest[]
  keys(prefix?: string, bucket?: string): Promise<string[]>
  /** Counts all versions of a key, without delete markers. */
  versions(key: string, bucket?: string): Promise<number>
  /** Reads a JSON document. */
  read(key: string, bucket?: string): Promise<ReturnType<typeof JSON.parse>>
}

export interface RecordingSender {
  readonly sent: JobEvent[]
  send(events: readonly JobEvent[]): Promise<void>
}

export interface ServiceOptions {
  /** Number of stacks of the tests in a file. */
  readonly stacks: number
  /** Directory of the state; created and removed by default. */
  readonly directory?: string
}

/** Starts the real S3 and Bedrock of the local stack on free ports. The event bus is a list. */
export async function startServices({ stacks, directory: given }: ServiceOptions): Promise<Services> {
  logger.setLogLevel('SILENT')
  const directory = given ?? (await mkdtemp(join(tmpdir(), 'jobs-test-')))
  const s3Requests: S3Request[] = []
  const modelRequests: ModelRequest[] = []
  const names = Array.from({ length: stacks }, (_, index) => `jobs-${index}`)
  const s3 = createS3Server({
    directory,
    buckets: [{ name: OTHER_BUCKET, versioned: true }, ...names.map((name) => ({ name, versioned: true }))],
    accountId: ACCOUNT_ID,
    region: REGION,
    onRequest: (summary) => s3Requests.push(summary),
  })
  const s3Endpoint = `http://127.0.0.1:${await s3.listen(0)}`
  const clock = new ManualClock()
  const emulator = createBedrockEmulator({
    s3Endpoint,
    accountId: ACCOUNT_ID,
    region: REGION,
    clock,
    onRequest: (summary) => modelRequests.push(summary),
  })
  const endpoint = `http://127.0.0.1:${await emulator.listen(0)}`
  const connection = { region: REGION, credentials: CREDENTIALS }
  const bedrock = createBedrock(readConfiguration({ AWS_MAX_ATTEMPTS: '1' }), { ...connection, endpoint })
  const clients: ObjectStore['client'][] = []

  return {
    s3,
    clock,
    createStack() {
      const bucket = names.shift()
      if (bucket === undefined) throw new Error('there are not so many buckets')
      const store = createObjectStore(bucket, {
        ...connection,
        endpoint: s3Endpoint,
        forcePathStyle: true,
        // As many tries as in the cloud, without pauses.
        retryStrategy: new ConfiguredRetryStrategy(5, () => 1),
      })
      const { client } = store
      clients.push(client)
      const calls: string[] = []
      const begun = { s3: s3Requests.length, model: modelRequests.length }
      return {
        // A getter, since a test may replace Bedrock.
        get pipeline() {
          return createTestPipeline(this.bedrock)
        },
        store,
        bedrock: countCalls(bedrock, calls),
        calls,
        events: createRecordingSender(),
        configuration: {
          bucket,
          arnPrefix: ARN_PREFIX,
          outputLocations: [`arn:aws:s3:::${OTHER_BUCKET}/allowed/*`],
          eventBusName: 'default',
          maxAttempts: 12,
          maxAgeMs: 86_400_000,
          eventCaller: 'events',
          defaultModelId: NOVA,
          inboxPrompt: 'What is it?',
          logErrorMessages: false,
        },
        quickPauseMs: () => 0,
        get s3Requests() {
          return s3Requests.slice(begun.s3)
        },
        get modelRequests() {
          return modelRequests.slice(begun.model)
        },
        async keys(prefix = '', other = bucket) {
          const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: other, Prefix: prefix }))
          return Contents.map(({ Key = '' }) => Key)
        },
        async versions(key, other = bucket) {
          const { Versions = [] } = await client.send(new ListObjectVersionsCommand({ Bucket: other, Prefix: key }))
          return Versions.filter((version) => version.Key === key).length
        },
        async read(key, other = bucket) {
          const { Body } = await client.send(new GetObjectCommand({ Bucket: other, Key: key }))
          return JSON.parse((await Body?.transformToString()) ?? '')
        },
      }
    },
    async close() {
      for (const client of clients) client.destroy()
      await emulator.close()
      await s3.close()
      if (given === undefined) await rm(directory, { recursive: true, force: true })
    },
  }
}

export const NOVA = 'amazon.nova-lite-v1:0'

function createRecordingSender(): RecordingSender {
  const sent: JobEvent[] = []
  return {
    sent,
    async send(events) {
      sent.push(...events)
    },
  }
}

function countCalls(bedrock: Bedrock, calls: string[]): Bedrock {
  return {
    send(request, options) {
      calls.push(request.path)
      return bedrock.send(request, options)
    },
    openTurn: (turn, options) => bedrock.openTurn(turn, options),
    openStream(request, options) {
      calls.push(request.path)
      return bedrock.openStream(request, options)
    },
  }
}

/** Returns the ids of announced ends, including repetitions. */
export function announcedIds({ sent }: RecordingSender): unknown[] {
  return sent
    .filter(({ detailType }) => detailType === 'Inference Job State Change')
    .map(({ detail }) => detail.eventId)
}

/** Returns the keys of jobs whose worker was called since the last call. */
export function takeCalls({ sent }: RecordingSender): string[] {
  const isCall = ({ detailType }: JobEvent) => detailType === 'Inference Job Due'
  const calls = sent.filter(isCall)
  sent.splice(0, sent.length, ...sent.filter((event) => !isCall(event)))
  return calls.map(({ detail }) => (detail.object as { key: string }).key)
}

export function outputKey({ owner, id }: JobName): string {
  return `output/${owner}/${id}/output.json`
}
