import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SQSClient } from '@aws-sdk/client-sqs'
import { parseJobKey } from '@bedrock-functions/runtime/jobs'
import { createSqsServer, type SqsServer } from '../../../local/sqs/index.ts'
import { type JobsCommandLine, parseJobsCommandLine } from '../../../scripts/jobs/command-line.ts'
import type { OpenPlace } from '../../../scripts/jobs/open-place.ts'
import { runJobsCommand } from '../../../scripts/jobs/run-jobs-command.ts'
import { OTHER_CALLER, start } from './support/orders.ts'
import { run } from './support/recover.ts'
import { type Services, type Stack, startServices } from './support/start-services.ts'

const QUEUE = 'JobsDeadLetterQueue'
const FUNCTION = 'arn:aws:lambda:us-east-1:123456789012:function:StartJobEventFunction'

let services: Services
let directory: string
let sqsServer: SqsServer
let place: OpenPlace
let stack: Stack
let delivered: [target: string, payload: string][]
let refuseDelivery: boolean
let printed: string[]

beforeAll(async () => {
  services = await startServices({ stacks: 20 })
})
beforeEach(async () => {
  stack = services.createStack()
  directory = await mkdtemp(join(tmpdir(), 'jobs-command-'))
  sqsServer = createSqsServer({
    directory,
    queues: [{ name: QUEUE, visibilityTimeoutSeconds: 30, messageRetentionSeconds: 1_209_600 }],
    accountId: '123456789012',
    region: 'us-east-1',
  })
  const endpoint = `http://127.0.0.1:${await sqsServer.listen(0)}`
  delivered = []
  refuseDelivery = false
  printed = []
  place = {
    store: stack.store,
    sqs: new SQSClient({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    }),
    queueUrl: `${endpoint}/123456789012/${QUEUE}`,
    async deliver(target, payload) {
      if (refuseDelivery) throw new Error('no such function')
      delivered.push([target, payload])
    },
  }
})
afterEach(async () => {
  place.sqs.destroy()
  await sqsServer.close()
  await rm(directory, { recursive: true, force: true })
})
afterAll(() => services.close())

function command(...words: string[]) {
  const parsed = parseJobsCommandLine([...words, '--local']) as JobsCommandLine
  return runJobsCommand(parsed, place, (line) => printed.push(line))
}

/** Starts a job that its model throttles once, and runs it. The emulator counts equal prompts together. */
async function failJob(prompt = `[emulator:throttle=1] ${stack.store.bucket}`, caller?: string) {
  const once: Stack = Object.create(stack, {
    configuration: { value: { ...stack.configuration, maxAttempts: 1 } },
  })
  const name = await start(stack, prompt, caller === undefined ? {} : { caller })
  await run(once, name)
  return name
}

/** Event about a job's end, as the rule of the template sends it to the queue. */
function eventOf(id: string): string {
  const jobArn = `arn:aws:bedrock:us-east-1:123456789012:async-invoke/${id}`
  return JSON.stringify({
    source: 'bedrock-functions',
    'detail-type': 'Inference Job State Change',
    resources: [jobArn],
    detail: { jobArn, status: 'Failed', failureType: 'ThrottlingException', retryable: true },
  })
}

test('jobs of all callers are listed, the newest first, and failed ones alone', async () => {
  const failed = await failJob()
  const other = await start(stack, 'Hi', { caller: OTHER_CALLER })
  await run(stack, other)
  const waiting = await start(stack, 'Hi')
  const { result } = await command('list')
  const lines = result.split('\n')
  expect(lines.map((line) => line.slice(0, 12))).toEqual([waiting.id, other.id, failed.id])
  expect(lines.map((line) => line.split(/ {2,}/)[2])).toEqual(['InProgress', 'Completed', 'Failed'])
  const { result: onlyFailed } = await command('list', '--failed')
  expect(onlyFailed).toMatch(new RegExp(`^${failed.id} .* ThrottlingException \\(can succeed later\\)$`))
  expect((await command('list', '--limit', '2')).result.split('\n')).toHaveLength(2)
})

test('a job is shown with its failure and its files, and without its content', async () => {
  const { id } = await failJob('[emulator:throttle=1] the prompt itself')
  const { result } = await command('show', `arn:aws:bedrock:us-east-1:123456789012:async-invoke/${id}`)
  expect(JSON.parse(result)).toMatchObject({
    status: 'Failed',
    request: { id, input: { bytes: expect.any(Number) } },
    lease: { attempt: 1 },
    end: { failure: { type: 'ThrottlingException' } },
    files: { end: expect.stringMatching(/^s3:\/\/.*\/end\.json$/) },
  })
  expect(result).not.toContain('the prompt itself')
})

test('an unknown job is named', async () => {
  await expect(command('show', 'abcdefghijkl')).rejects.toThrow('There is no job abcdefghijkl')
})

test('a failed job is retried as a new job of its caller, which completes; a repeated retry finds it', async () => {
  const failed = await failJob('[emulator:throttle=1] again', OTHER_CALLER)
  const { result: id } = await command('retry', failed.id)
  expect(id).not.toBe(failed.id)
  const keys = await stack.keys('jobs/')
  const name = keys.map(parseJobKey).find((key) => key?.id === id)
  expect(name?.owner).toBe(failed.owner)
  await expect(run(stack, { owner: failed.owner, id })).resolves.toMatchObject({ outcome: 'Completed' })
  expect((await command('retry', failed.id)).result).toBe(id)
})

test('the input of a retried job is its own, also if it is large', async () => {
  const failed = await failJob(`[emulator:throttle=1] ${'x'.repeat(20_000)}`)
  const { result: id } = await command('retry', failed.id)
  for (const key of await stack.keys('jobs/')) {
    if (parseJobKey(key)?.id === failed.id) await stack.store.delete({ bucket: stack.store.bucket, key })
  }
  await expect(run(stack, { owner: failed.owner, id })).resolves.toMatchObject({ outcome: 'Completed' })
})

test('a job that has not failed is not retried', async () => {
  const name = await start(stack, 'Hi')
  await expect(command('retry', name.id)).rejects.toThrow('has not ended')
  await run(stack, name)
  await expect(command('retry', name.id)).rejects.toThrow('is Completed, not Failed')
})

describe('redrive', () => {
  const record = (payload: string) =>
    `{"version":"1.0","requestContext":{"functionArn":"${FUNCTION}:$LATEST","condition":"RetriesExhausted"},"requestPayload":${payload},"responsePayload":{"errorType":"SlowDown"}}`
  // A number beyond 2^53 must survive.
  const payload = '{"source":"shop","detail-type":"Inference Requested","detail":{"seed":12345678901234567890}}'

  test('retries failed jobs and repeats failed invocations with their bytes, and empties the queue', async () => {
    const { id } = await failJob()
    await sqsServer.send(QUEUE, eventOf(id))
    await sqsServer.send(QUEUE, record(payload))
    const { note, isIncomplete } = await command('redrive')
    expect(note).toBe('2 sent again, 0 left in the queue.')
    expect(isIncomplete).toBe(false)
    expect(printed.toSorted()).toEqual([
      `invocation for ${FUNCTION}:$LATEST (SlowDown): sent again`,
      expect.stringMatching(new RegExp(`^job ${id} \\(ThrottlingException\\): new job [a-z0-9]{12}$`)),
    ])
    expect(delivered).toEqual([[`${FUNCTION}:$LATEST`, payload]])
    expect((await command('redrive')).note).toBe('0 sent again, 0 left in the queue.')
    const { result } = await command('list')
    expect(result.split('\n')).toHaveLength(2)
  })

  test('keeps a message of an unknown shape, and one that cannot be sent', async () => {
    refuseDelivery = true
    await sqsServer.send(QUEUE, 'hello')
    await sqsServer.send(QUEUE, record(payload))
    const { note, isIncomplete } = await command('redrive')
    expect([note, isIncomplete]).toEqual(['0 sent again, 2 left in the queue.', true])
    expect(printed.join('\n')).toContain('no such function')
    expect(printed.join('\n')).toContain('has no known shape')
  })

  test('with --dry-run sends nothing and keeps everything', async () => {
    await sqsServer.send(QUEUE, record(payload))
    expect((await command('redrive', '--dry-run')).note).toBe('1 can be sent again, 0 left in the queue.')
    expect(delivered).toEqual([])
  })

  test('stops at --limit', async () => {
    await sqsServer.send(QUEUE, record(payload))
    await sqsServer.send(QUEUE, record(payload))
    expect((await command('redrive', '--limit', '1')).note).toBe('1 sent again, 0 left in the queue.')
    expect(delivered).toHaveLength(1)
  })

  test('starts one job for two messages about the same failed job', async () => {
    const { id } = await failJob()
    await sqsServer.send(QUEUE, eventOf(id))
    await sqsServer.send(QUEUE, eventOf(id))
    expect((await command('redrive')).note).toBe('2 sent again, 0 left in the queue.')
    expect((await command('list')).result.split('\n')).toHaveLength(2)
  })
})
