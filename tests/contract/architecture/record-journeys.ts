import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { Session } from 'node:inspector/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { createS3Server } from '@bedrock-functions/s3-emulator'

/**
 * Runs one call of each journey through the real handlers, in a process of its own, and prints the files of the layer that
 * each executes: those of which a function ran during the call. V8's own coverage counts them. The environment names the
 * Bedrock, which runs in another process because the emulator uses files of the layer, too.
 */

const ROOT = join(import.meta.dirname, '..', '..', '..')
const LAYER = join(ROOT, 'layers', 'runtime', 'src')
const BUCKET = 'jobs'

type Handler = (event: unknown, ...rest: readonly object[]) => Promise<unknown>

const context = { awsRequestId: 'request', getRemainingTimeInMillis: () => 60_000, functionName: 'journey' }

async function importHandler(name: string): Promise<Handler> {
  return (await import(`../../../functions/${name}/handler.ts`)).handler
}

async function readEvent(name: string): Promise<unknown> {
  return JSON.parse(await readFile(join(ROOT, 'events', `${name}.json`), 'utf8'))
}

async function record(run: () => Promise<unknown>): Promise<string[]> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  await run()
  const { result } = await session.post('Profiler.takePreciseCoverage')
  await session.post('Profiler.stopPreciseCoverage')
  session.disconnect()
  return result
    .filter(
      ({ url, functions }) => url.startsWith('file:') && functions.some(({ ranges }) => (ranges[0]?.count ?? 0) > 0),
    )
    .map(({ url }) => relative(LAYER, fileURLToPath(url)))
    .filter((file) => !file.startsWith('..'))
    .sort()
}

async function invoke(handler: Handler, event: unknown): Promise<string> {
  const stream = Object.assign(new PassThrough(), { setContentType() {} })
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  await handler(event, stream, context)
  return Buffer.concat(chunks).toString()
}

const directory = await mkdtemp(join(tmpdir(), 'journeys-'))
const s3 = createS3Server({ directory, buckets: [{ name: BUCKET, versioned: true }] })
const bus = createServer((_request, response) => {
  response.setHeader('content-type', 'application/x-amz-json-1.1')
  response.end('{"FailedEntryCount":0,"Entries":[{"EventId":"1"}]}')
})
await new Promise<void>((resolve) => bus.listen(0, '127.0.0.1', resolve))
const address = bus.address()
const busPort = typeof address === 'object' ? address?.port : 0

Object.assign(process.env, {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${await s3.listen(0)}`,
  AWS_ENDPOINT_URL_EVENTBRIDGE: `http://127.0.0.1:${busPort}`,
  JOBS_BUCKET: BUCKET,
  BEDROCK_ARN_PREFIX: 'arn:aws:bedrock:us-east-1:123456789012',
  POWERTOOLS_METRICS_NAMESPACE: 'journeys',
  POWERTOOLS_LOG_LEVEL: 'SILENT',
  POWERTOOLS_METRICS_DISABLED: 'true',
})
Object.assign(globalThis, {
  awslambda: {
    streamifyResponse: (handler: Handler) => handler,
    HttpResponseStream: { from: (stream: PassThrough) => stream },
  },
})

const [converse, stream, startJob, runJob] = await Promise.all(
  ['invoke', 'stream', 'start-job', 'run-job'].map(importHandler),
)
if (!converse || !stream || !startJob || !runJob) throw new Error('a handler is missing')
const [converseEvent, streamEvent, startEvent] = await Promise.all(
  ['converse', 'converse-stream', 'start-async-invoke'].map(readEvent),
)
const journeys: Record<string, string[]> = {}
// Recorded first: timers of earlier calls would count as its own.
journeys['job start'] = await record(() => invoke(startJob, startEvent))
const { ListObjectsV2Command, S3Client } = await import('@aws-sdk/client-s3')
const client = new S3Client({ forcePathStyle: true })
const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'jobs/' }))
const key = Contents.map(({ Key }) => Key).find((name) => name?.endsWith('request.json'))
let outcome: unknown
journeys['job run'] = await record(async () => {
  outcome = await runJob({ detail: { bucket: { name: BUCKET }, object: { key } } }, context)
})
journeys.Converse = await record(() => invoke(converse, converseEvent))
journeys.ConverseStream = await record(() => invoke(stream, streamEvent))
console.log(JSON.stringify({ journeys, outcome }))
client.destroy()
await s3.close()
bus.close()
bus.closeAllConnections()
await rm(directory, { recursive: true, force: true })
// Open connections of the functions' clients would keep the process alive.
process.exit(0)
