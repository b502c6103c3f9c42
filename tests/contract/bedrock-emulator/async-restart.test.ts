import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BedrockRuntimeClient, GetAsyncInvokeCommand } from '@aws-sdk/client-bedrock-runtime'
import { createBedrockEmulator, DirectoryInUseError } from '@bedrock-functions/bedrock-emulator'
import {
  type AsyncEmulator,
  idOf,
  type RunningS3,
  startAsyncEmulator,
  startCommand,
  startS3,
  textInput,
} from './async-support.ts'
import { createHttp1Client } from './support.ts'

let directory: string
let s3: RunningS3

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'async-state-'))
  s3 = await startS3(join(directory, 's3'))
})
afterEach(async () => {
  await s3.close()
  await rm(directory, { recursive: true, force: true })
})

function start(s3Endpoint = s3.url): Promise<AsyncEmulator> {
  return startAsyncEmulator({ s3Endpoint, directory: join(directory, 'bedrock') })
}

/** Counts the ends of each invocation in the journal. */
async function countEnds(): Promise<number[]> {
  const lines = (await readFile(join(directory, 'bedrock/async-invocations.jsonl'), 'utf8')).trimEnd().split('\n')
  const states = lines.map((line) => JSON.parse(line))
  const byArn = Map.groupBy(states, ({ invocationArn }) => invocationArn)
  return [...byArn.values()].map((all) => all.filter(({ status }) => status !== 'InProgress').length)
}

test('a restart keeps ended invocations, continues the others and keeps the tokens', async () => {
  const before = await start()
  const ended = await before.start()
  before.clock.advance(3_000)
  const completed = await before.ended(ended)
  const waiting = await before.start({ clientRequestToken: 'kept' })
  await before.close()

  const after = await start()
  const { $metadata: _before, ...expected } = completed
  const { $metadata: _after, ...found } = await after.get(ended)
  expect(found).toEqual(expected)
  expect((await after.get(waiting)).status).toBe('InProgress')
  expect(await after.start({ clientRequestToken: 'kept' })).toBe(waiting)
  await expect(after.start({ clientRequestToken: 'kept', modelInput: textInput('another') })).rejects.toMatchObject({
    name: 'ConflictException',
  })
  after.clock.advance(6_000)
  expect((await after.ended(waiting)).status).toBe('Completed')
  await after.close()
})

test('the emulator waits for an S3 that starts later', async () => {
  const emulator = await start()
  const invocationArn = await emulator.start()
  const port = Number(new URL(s3.url).port)
  await s3.close()
  emulator.clock.advance(3_000)
  while (emulator.clock.waiting === 0) await new Promise((resolve) => setImmediate(resolve))
  expect((await emulator.get(invocationArn)).status).toBe('InProgress')

  s3 = await startS3(join(directory, 's3'), port)
  emulator.clock.advance(1_000)
  expect((await emulator.ended(invocationArn)).status).toBe('Completed')
  await emulator.close()
})

test('an invocation fails if its S3 never starts', async () => {
  const emulator = await start()
  const invocationArn = await emulator.start()
  await s3.close()
  emulator.clock.advance(3_000)
  while (emulator.clock.waiting === 0) await new Promise((resolve) => setImmediate(resolve))
  emulator.clock.advance(120_000)

  expect(await emulator.ended(invocationArn)).toMatchObject({
    status: 'Failed',
    failureMessage: expect.stringContaining('Amazon S3 could not be reached'),
  })
  await emulator.close()
  s3 = await startS3(join(directory, 's3'))
})

test('a second emulator on the same directory is refused', async () => {
  const first = await start()
  const second = createBedrockEmulator({ directory: join(directory, 'bedrock') })

  await expect(second.listen(0)).rejects.toBeInstanceOf(DirectoryInUseError)
  await first.close()
  await second.listen(0)
  await second.close()
})

test('every invocation ends once, with its files, after kills at random times', async () => {
  const arns: string[] = []
  for (let round = 0; round < 4; round++) {
    const { child, client } = await startProcess()
    const started = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        client.send(startCommand({ modelInput: textInput(`dog ${round}/${index} [emulator:lasts=${index * 40}]`) })),
      ),
    )
    arns.push(...started.map(({ invocationArn = '' }) => invocationArn))
    // By now some have ended and others are being written.
    await statusOf(client, arns.at(-5) ?? '')
    await kill(child, client)
  }

  const { child, client } = await startProcess()
  for (const arn of arns) while ((await statusOf(client, arn)) === 'InProgress');
  const statuses = await Promise.all(arns.map((arn) => statusOf(client, arn)))
  await kill(child, client)

  expect(new Set(statuses)).toEqual(new Set(['Completed']))
  expect(await countEnds()).toEqual(arns.map(() => 1))
  const keys = new Set(await s3.list('embeddings/'))
  expect(
    arns
      .flatMap((arn) => ['manifest', 'output'].map((name) => `embeddings/${idOf(arn)}/${name}.json`))
      .filter((key) => !keys.has(key)),
  ).toEqual([])
})

async function startProcess(): Promise<{ child: ChildProcess; client: BedrockRuntimeClient }> {
  const child = fork(join(import.meta.dirname, 'fixtures/emulator-process.ts'), [join(directory, 'bedrock'), s3.url], {
    execArgv: ['--disable-warning=ExperimentalWarning', '--conditions=@bedrock-functions/source'],
  })
  const [port] = await once(child, 'message')
  return { child, client: createHttp1Client(`http://127.0.0.1:${port}`) }
}

async function kill(child: ChildProcess, client: BedrockRuntimeClient): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
  client.destroy()
}

async function statusOf(client: BedrockRuntimeClient, invocationArn: string): Promise<string | undefined> {
  return (await client.send(new GetAsyncInvokeCommand({ invocationArn }))).status
}
