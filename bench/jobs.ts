import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BedrockRuntimeClient, InvokeModelCommand, StartAsyncInvokeCommand } from '@aws-sdk/client-bedrock-runtime'
import { createJobId, ownerOf } from '@bedrock-functions/runtime/core'
import { type JobEnd, type JobRequest, jobKey, type ListOptions, listJobs } from '@bedrock-functions/runtime/jobs'
import { createObjectStore, type ObjectStore } from '@bedrock-functions/runtime/object-store'
import { createS3Server, type S3Server } from '@bedrock-functions/s3-emulator'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { type BenchStack, withStack } from './bench-process.ts'
import { makeTable, type Table, timeMs } from './measure.ts'

const JOBS = 200
const AT_ONCE = 10
const ROUNDS = 3
const SINGLE_CALLS = 30
const BUCKET = 'local-jobsbucket'
const modelId = 'amazon.titan-embed-text-v2:0'
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }

export async function benchJobs(): Promise<Table[]> {
  const wholePath = await withStack(['--parameter-overrides', `JobConcurrency=${AT_ONCE}`], benchWholePath)
  const directory = await mkdtemp(join(tmpdir(), 'bench-jobs-'))
  try {
    return [...wholePath, await benchListing(directory)]
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Jobs through the local stack, from the API to output and state-change event, beside the same synchronous calls. */
async function benchWholePath({ urlOf }: BenchStack): Promise<Table[]> {
  const store = createObjectStore(BUCKET, { endpoint: urlOf('s3'), region: 'us-east-1', credentials })
  const client = new BedrockRuntimeClient({
    endpoint: urlOf('api'),
    region: 'us-east-1',
    credentials,
    requestHandler: new NodeHttpHandler(),
  })
  const invoke = (text: string) =>
    client.send(new InvokeModelCommand({ modelId, body: JSON.stringify({ inputText: text }) }))
  const start = (text: string) =>
    client.send(
      new StartAsyncInvokeCommand({
        modelId,
        modelInput: { inputText: text },
        outputDataConfig: { s3OutputDataConfig: { s3Uri: `s3://${BUCKET}/output` } },
      }),
    )
  const perCall: Record<string, number[]> = {
    'InvokeModel, synchronously': [],
    'a job, from start to announced end': [],
  }
  const toAnswer: Record<string, number[]> = { 'InvokeModel, its answer': [], 'StartAsyncInvoke, its answer': [] }
  try {
    for (let round = -1; round < ROUNDS; round += 1) {
      const calls = await timeMs(() => forEachAtOnce(JOBS, (index) => invoke(`call ${round} ${index}`)))
      const jobs = await timeMs(async () => {
        await forEachAtOnce(JOBS, (index) => start(`job ${round} ${index}`))
        await untilNoneIsOpen(store)
      })
      if (round < 0) continue
      perCall['InvokeModel, synchronously']?.push(calls / JOBS)
      perCall['a job, from start to announced end']?.push(jobs / JOBS)
    }
    for (let call = 0; call < SINGLE_CALLS; call += 1) {
      toAnswer['InvokeModel, its answer']?.push(await timeMs(() => invoke(`one ${call}`)))
      toAnswer['StartAsyncInvoke, its answer']?.push(await timeMs(() => start(`one ${call}`)))
      await untilNoneIsOpen(store)
    }
  } finally {
    client.destroy()
  }
  return [
    makeTable(`${JOBS} through the local stack, ${AT_ONCE} at once: time for each`, 'ms', perCall),
    makeTable('One call through the local stack, warm', 'ms', toAnswer),
  ]
}

async function forEachAtOnce(count: number, run: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < count) {
      next += 1
      await run(next)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

async function untilNoneIsOpen(store: ObjectStore): Promise<void> {
  while ((await store.list('open/', { maxKeys: 1 })).keys.length > 0) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

const CALLER = 'bench'
const MANY = 10_000
const FEW = 100
const PAGE = 100

/** ListAsyncInvokes against the embedded S3; the number of LIST calls grows with the number of jobs. */
async function benchListing(directory: string): Promise<Table> {
  let lists = 0
  const s3: S3Server = createS3Server({
    directory,
    buckets: [{ name: BUCKET, eventBridge: false }],
    onRequest: ({ operation }) => {
      if (operation === 'ListObjectsV2') lists += 1
    },
  })
  const endpoint = `http://127.0.0.1:${await s3.listen(0)}`
  const store = createObjectStore(BUCKET, { endpoint, region: 'us-east-1', credentials })
  try {
    await writeJobs(store, 'few', FEW)
    await writeJobs(store, CALLER, MANY)
    const page = { ascending: false, maxJobs: PAGE }
    const listings: Record<string, () => Promise<unknown>> = {
      [`newest ${PAGE} of ${FEW} jobs`]: () => listJobs(store, { owner: ownerOf('few'), ...page }),
      [`newest ${PAGE} of ${MANY} jobs`]: () => listJobs(store, { owner: ownerOf(CALLER), ...page }),
      [`oldest ${PAGE} of ${MANY} jobs`]: () => listJobs(store, { owner: ownerOf(CALLER), ...page, ascending: true }),
      [`${PAGE} failed ones of ${MANY}, one in 100`]: () =>
        listJobs(store, { owner: ownerOf(CALLER), ...page, status: 'Failed' }),
      [`all ${MANY}, by pages of 1000`]: () =>
        listAll(store, { owner: ownerOf(CALLER), ascending: false, maxJobs: 1000 }),
    }
    const measured: Record<string, number[]> = {}
    for (const [name, list] of Object.entries(listings)) {
      await list()
      lists = 0
      await list()
      const row = `${name} (${lists} LIST)`
      measured[row] = []
      for (let round = 0; round < ROUNDS; round += 1) measured[row].push(await timeMs(list))
    }
    return makeTable('ListAsyncInvokes in the embedded S3', 'ms', measured)
  } finally {
    await s3.close()
  }
}

async function listAll(store: ObjectStore, options: ListOptions): Promise<void> {
  let nextToken: string | undefined
  do {
    ;({ nextToken } = await listJobs(store, { ...options, ...(nextToken !== undefined && { nextToken }) }))
  } while (nextToken !== undefined)
}

/** Writes ended jobs as the worker leaves them: one for each second until now, one in 100 failed. */
async function writeJobs(store: ObjectStore, caller: string, count: number): Promise<void> {
  const owner = ownerOf(caller)
  await forEachAtOnce(count, async (index) => {
    const id = createJobId(Date.now() - 1000 * index)
    const submitTime = new Date().toISOString()
    const output = { s3Uri: `s3://${BUCKET}/output` }
    const input = { text: '{}' }
    const request: JobRequest = {
      id,
      owner,
      caller,
      kind: 'invoke',
      modelId,
      input,
      output,
      requestHash: '',
      submitTime,
    }
    const status = index % 100 === 0 ? 'Failed' : 'Completed'
    const end: JobEnd = { status, endTime: submitTime, outputs: [], attempts: 1 }
    const files = { 'request.json': request, 'lease.json': {}, 'end.json': end, [`end.${status}`]: {} }
    for (const [file, document] of Object.entries(files)) {
      const key = jobKey({ owner, id }, file as Parameters<typeof jobKey>[1])
      await store.put({ bucket: BUCKET, key }, JSON.stringify(document))
    }
  })
}
