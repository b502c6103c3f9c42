import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { GetAsyncInvokeCommand, ListAsyncInvokesCommand } from '@aws-sdk/client-bedrock-runtime'
import { createBedrockEmulator } from '@bedrock-functions/bedrock-emulator'
import { type DriftResult, findDrift } from '../../../local/bedrock/recordings/drift.ts'
import type { Recording } from '../../../local/bedrock/recordings/recording.ts'
import { ManualClock, startCommand, startS3 } from './async-support.ts'
import { readStream } from './read-stream.ts'
import { type RecordingSetup, startRecording } from './recording-support.ts'
import { CLAUDE, createHttp1Client, NOVA, post, type RunningEmulator, startEmulator, userMessage } from './support.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
const hello = { messages: [userMessage('Hello')] }
const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' }

async function drift(directory: string, endpoint: string, credentials = CREDENTIALS): Promise<DriftResult[]> {
  const access = { endpoint, region: 'us-east-1', credentials }
  return collect(findDrift(directory, access))
}

async function collect(found: AsyncIterable<DriftResult>): Promise<DriftResult[]> {
  const results: DriftResult[] = []
  for await (const result of found) results.push(result)
  return results
}

describe('answers of the same shape', () => {
  let setup: RecordingSetup
  let other: RunningEmulator
  beforeEach(async () => {
    setup = await startRecording()
    other = await startEmulator()
  })
  afterEach(async () => {
    await other.close()
    await setup.close()
  })

  test('do not differ: Converse, InvokeModel, their streams, embeddings and errors', async () => {
    const { url } = setup.recorder
    const claude = {
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 30,
      messages: [{ role: 'user', content: 'Hi' }],
    }
    await post(url, `/model/${NOVA}/converse`, hello)
    await post(url, `/model/${CLAUDE}/invoke`, claude)
    await post(url, '/model/amazon.titan-embed-text-v2:0/invoke', { inputText: 'Hi' })
    await post(url, `/model/${NOVA}/converse`, { messages: [] })
    await readStream(url, `/model/${CLAUDE}/converse-stream`, hello)
    await readStream(url, `/model/${CLAUDE}/invoke-with-response-stream`, claude)

    const results = await drift(setup.directory, other.url)

    expect(results).toHaveLength(6)
    expect(results.filter(({ differences, skipped }) => differences.length > 0 || skipped)).toEqual([])
  })

  test('are not asked for again where a recording holds a failure that may pass', async () => {
    const { url } = setup.recorder
    await post(url, `/model/${NOVA}/converse`, { messages: [userMessage('[emulator:error=ThrottlingException]')] })
    await readStream(url, `/model/${NOVA}/converse-stream`, { messages: [userMessage('Hi [emulator:reset@2]')] })
    const directives = '[emulator:exception=ModelStreamErrorException@2]'
    await readStream(url, `/model/${NOVA}/converse-stream`, { messages: [userMessage(directives)] })

    expect((await drift(setup.directory, other.url)).map(({ skipped }) => skipped)).toEqual([
      'the status 429 cannot be repeated',
      'a broken stream cannot be repeated',
      'a broken stream cannot be repeated',
    ])
  })

  test('are asked for again when Bedrock throttles', async () => {
    await post(setup.recorder.url, `/model/${NOVA}/converse`, hello)
    const throttling = createBedrockEmulator()
    const port = await throttling.listen(0)
    throttling.setFault({ operation: 'Converse', directives: { error: 'ThrottlingException' } })

    const results = await drift(setup.directory, `http://127.0.0.1:${port}`)

    await throttling.close()
    expect(results).toEqual([{ file: '0001-Converse-amazon.nova-lite-v1_0.json', differences: [] }])
  })
})

test.each([
  ['444455556666', CREDENTIALS],
  // The new ARN is not changed, whatever account it has.
  ['123456789012', { ...CREDENTIALS, accountId: '444455556666' }],
])('an asynchronous invocation is started again and its new ARN is polled: %s', async (accountId, credentials) => {
  const s3 = await startS3()
  const setup = await startRecording({ s3Endpoint: s3.url, clock: new ManualClock() })
  const client = createHttp1Client(setup.recorder.url)
  const { invocationArn = '' } = await client.send(startCommand())
  await client.send(new GetAsyncInvokeCommand({ invocationArn }))
  await client.send(new ListAsyncInvokesCommand({}))
  const other = await startEmulator({ s3Endpoint: s3.url, accountId })

  const results = await drift(setup.directory, other.url, credentials)

  client.destroy()
  await Promise.all([other.close(), setup.close()])
  await s3.close()
  expect(results.map(({ differences }) => differences)).toEqual([[], [], []])
})

describe('differences of shapes', () => {
  let directory: string
  let bedrock: RunningEmulator
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'drift-'))
    bedrock = await startEmulator()
    const setup = await startRecording()
    await post(setup.recorder.url, `/model/${NOVA}/converse`, hello)
    await readStream(setup.recorder.url, `/model/${NOVA}/converse-stream`, hello)
    const claude = {
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 9,
      messages: [{ role: 'user', content: 'Hi' }],
    }
    await readStream(setup.recorder.url, `/model/${CLAUDE}/invoke-with-response-stream`, claude)
    for (const [file, recording] of await setup.read()) {
      await writeFile(join(directory, file), JSON.stringify(recording))
    }
    await setup.close()
  })
  afterEach(async () => {
    await bedrock.close()
    await rm(directory, { recursive: true, force: true })
  })

  /** Changes the text of a recording, as if Bedrock had answered so in the past. */
  async function change(index: number, from: string, to: string): Promise<void> {
    const file = join(directory, (await readdir(directory)).toSorted()[index] ?? '')
    const text = await readFile(file, 'utf8')
    expect(text).toContain(from)
    await writeFile(file, text.replaceAll(from, to))
  }

  test.each<[number, string, string, string[]]>([
    [0, '"stopReason":', '"reason":', ['reason: missing, string', 'stopReason: added, string']],
    [0, '"totalTokens":', '"totals":', ['usage.totals: missing, number', 'usage.totalTokens: added, number']],
    [0, '"role":"assistant"', '"role":[1]', ['output.message.role: list -> string']],
    [0, '"status":200', '"status":400', ['status 400 -> status 200']],
    [
      0,
      '"assistant","content":[{"text"',
      '"assistant","content":[{"texts"',
      ['output.message.content[].texts: missing, string', 'output.message.content[].text: added, string'],
    ],
    [0, '"stopReason":"end_turn"', '"stopReason":"tool_use"', []],
    [0, '"stopReason":"end_turn"', '"stopReason":null', []],
    [1, '"event":"messageStop"', '"event":"messageEnd"', ['messageEnd: missing, list', 'messageStop: added, list']],
    [
      1,
      '"latencyMs":',
      '"latency":',
      ['metadata[].metrics.latency: missing, number', 'metadata[].metrics.latencyMs: added, number'],
    ],
    [
      2,
      '"stop_sequence":null',
      '"stop_sequences":null',
      ['chunk.message_start[].message.stop_sequences: missing, null'],
    ],
    [
      2,
      '"type":"message_stop"',
      '"type":"message_end"',
      ['chunk.message_end: missing, list', 'chunk.message_stop: added, list'],
    ],
  ])('are listed for recording %i: %s instead of %s', async (index, from, to, expected) => {
    await change(index, from, to)
    const results = await drift(directory, bedrock.url)
    const { differences = [] } = results[index] ?? {}

    expect(differences).toEqual(expect.arrayContaining(expected))
    expect(differences.length > 0).toBe(expected.length > 0)
  })

  test('have the type of a new error', async () => {
    await change(0, 'amazon.nova-lite-v1:0', 'amazon.nothing-v1:0')
    const [{ differences } = {}] = await drift(directory, bedrock.url)

    expect(differences).toEqual(['status 200 -> status 400 ValidationException'])
  })

  test('make npm run bedrock -- --drift exit with 1, others with 0', async () => {
    const run = async (): Promise<{ code: number; lines: string[] }> => {
      const env = {
        ...process.env,
        AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.url,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
      }
      const command = ['scripts/node24.cjs', 'local/bedrock/main.ts', '--drift', directory]
      return promisify(execFile)(process.execPath, command, { cwd: ROOT, env }).then(
        ({ stdout }) => ({ code: 0, lines: stdout.trim().split('\n') }),
        ({ code, stdout, stderr }) => ({ code, lines: (stdout + stderr).trim().split('\n') }),
      )
    }
    const same = await run()
    await change(0, '"stopReason":', '"reason":')
    const different = await run()
    await rm(directory, { recursive: true })
    const missing = await run()

    expect(same).toEqual({ code: 0, lines: [`3 recordings compared with ${bedrock.url}, 0 skipped, 0 differ`] })
    expect(different).toEqual({
      code: 1,
      lines: [
        '0001-Converse-amazon.nova-lite-v1_0.json: reason: missing, string',
        '0001-Converse-amazon.nova-lite-v1_0.json: stopReason: added, string',
        `3 recordings compared with ${bedrock.url}, 0 skipped, 1 differ`,
      ],
    })
    expect(missing).toEqual({ code: 1, lines: [expect.stringContaining(`${directory} cannot be read`)] })
  })
})

test('the account of the credentials takes the place of the removed one', async () => {
  const setup = await startRecording({ accountId: '111122223333' })
  const arn = 'arn:aws:bedrock:us-east-1:111122223333:async-invoke/abcdefghijkl'
  await fetch(`${setup.recorder.url}/async-invoke/${encodeURIComponent(arn)}`)
  const paths: string[] = []
  const bedrock = createBedrockEmulator({ onRequest: ({ path }) => paths.push(decodeURIComponent(path)) })
  const endpoint = `http://127.0.0.1:${await bedrock.listen(0)}`
  const credentials = { ...CREDENTIALS, accountId: '444455556666' }

  await collect(findDrift(setup.directory, { endpoint, region: 'us-east-1', credentials }))

  const [recording] = (await setup.read()).values() as Iterable<Recording>
  await Promise.all([setup.close(), bedrock.close()])
  expect(recording?.request.path).toContain('123456789012')
  expect(paths).toEqual([`/async-invoke/${arn.replace('111122223333', '444455556666')}`])
})
