import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningS3, startS3 } from './async-support.ts'
import {
  claudeBody,
  countedRecords,
  createCommand,
  idOf,
  putObject,
  readManifest,
  readOutput,
  SMALL,
  startBatchEmulator,
  toLines,
} from './batch-support.ts'
import { post } from './support.ts'

let directory: string
let s3: RunningS3

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'batch-state-'))
  s3 = await startS3(join(directory, 's3'))
})
afterEach(async () => {
  await s3.close()
  await rm(directory, { recursive: true, force: true })
})

function start() {
  return startBatchEmulator(s3, {
    directory: join(directory, 'bedrock'),
    batch: { ...SMALL, recordsPerSecond: 1 },
  })
}

test('a restart keeps ended jobs, continues the others and keeps the tokens', async () => {
  await putObject(s3, 'in/prompts.jsonl', toLines(countedRecords(10)))
  const before = await start()
  const ended = await before.create()
  const { $metadata: _before, ...completed } = await before.ended(ended)
  const running = await before.create({ clientRequestToken: 'kept' })
  await before.poll(running, ({ processedRecordCount }) => processedRecordCount === 4)
  const waiting = await before.create({ jobName: 'waiting' })
  await before.close()

  const after = await start()
  const { $metadata: _after, ...found } = await after.get(ended)
  expect(found).toEqual(completed)
  expect(await after.get(running)).toMatchObject({ status: 'InProgress', totalRecordCount: 10 })
  expect(await after.create({ clientRequestToken: 'kept' })).toBe(running)
  for (const jobArn of [running, waiting]) {
    expect(await after.ended(jobArn)).toMatchObject({ status: 'Completed', successRecordCount: 10 })
    expect(await readOutput(s3, jobArn)).toHaveLength(10)
  }
  await after.close()
})

test('a job waits for an S3 that starts later, and fails if it never does', async () => {
  await putObject(s3, 'in/prompts.jsonl', toLines(countedRecords(1)))
  const emulator = await start()
  const [first, second] = [await emulator.create(), await emulator.create()]
  const port = Number(new URL(s3.url).port)
  await s3.close()
  await emulator.poll(first, ({ status }) => status === 'Validating')
  s3 = await startS3(join(directory, 's3'), port)
  expect((await emulator.ended(first)).status).toBe('Completed')
  expect((await emulator.ended(second)).status).toBe('Completed')

  const lost = await emulator.create()
  await s3.close()
  expect(await emulator.ended(lost)).toMatchObject({
    status: 'Failed',
    message: expect.stringContaining('Amazon S3 could not be reached'),
  })
  await emulator.close()
  s3 = await startS3(join(directory, 's3'))
})

test('a job has each record once after kills at any time', async () => {
  const records = countedRecords(60)
  await putObject(s3, 'in/prompts.jsonl', toLines(records))
  let { child, url } = await startProcess()
  const { body } = await post(url, '/model-invocation-job', createCommand().input)
  for (const processed of [5, 20]) {
    for (;;) {
      const { processedRecordCount = 0 } = await getRaw(url, body.jobArn)
      if (processedRecordCount >= processed) break
    }
    await kill(child)
    ;({ child, url } = await startProcess())
  }
  for (;;) {
    const { status } = await getRaw(url, body.jobArn)
    if (status === 'Completed') break
  }
  await kill(child)

  const lines = await readOutput(s3, body.jobArn)
  expect(lines.map(({ recordId }) => recordId)).toEqual(records.map(({ recordId }) => recordId))
  expect(await readManifest(s3, body.jobArn)).toMatchObject({ totalRecordCount: 60, successRecordCount: 60 })
})

test('an output above the size of a part is whole', async () => {
  const emulator = await startBatchEmulator(s3)
  const filler = 'x'.repeat(200_000)
  const records = countedRecords(70, (text) => ({ ...claudeBody(text), metadata: { user_id: filler } }))
  await putObject(s3, 'in/prompts.jsonl', toLines(records))
  const jobArn = await emulator.create()

  expect(await emulator.ended(jobArn)).toMatchObject({ status: 'Completed', processedRecordCount: 70 })
  const lines = await readOutput(s3, jobArn)
  expect(lines.map(({ recordId, modelInput }) => ({ recordId, modelInput }))).toEqual(records)
  await emulator.close()
})

async function startProcess(): Promise<{ child: ChildProcess; url: string }> {
  const child = fork(join(import.meta.dirname, 'fixtures/emulator-process.ts'), [join(directory, 'bedrock'), s3.url], {
    execArgv: ['--disable-warning=ExperimentalWarning', '--conditions=@bedrock-functions/source'],
    env: { ...process.env, EMULATOR_BATCH: 'minRecords=1,stateMs=1,recordsPerSecond=100' },
  })
  const [port] = await once(child, 'message')
  return { child, url: `http://127.0.0.1:${port}` }
}

async function getRaw(url: string, jobArn: string): Promise<{ status?: string; processedRecordCount?: number }> {
  const response = await fetch(`${url}/model-invocation-job/${idOf(jobArn)}`)
  return (await response.json()) as object
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}
