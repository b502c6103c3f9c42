import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetAsyncInvokeCommand, ListAsyncInvokesCommand } from '@aws-sdk/client-bedrock-runtime'
import { createBedrockEmulator } from '@bedrock-functions/bedrock-emulator'
import { ManualClock, type RunningS3, startCommand, startS3 } from './async-support.ts'
import { readStream } from './read-stream.ts'
import { type RecordingSetup, startRecording } from './recording-support.ts'
import { CLAUDE, createHttp1Client, NOVA, post, type RunningEmulator, startEmulator, userMessage } from './support.ts'

const hello = { messages: [userMessage('Hello')] }
const NOVA_PATH = `/model/${NOVA}/converse`

let directory: string
const running: { close(): Promise<void> }[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'recordings-'))
})
afterEach(async () => {
  for (const server of running.splice(0)) await server.close()
  await rm(directory, { recursive: true, force: true })
})

async function start(options: Parameters<typeof startEmulator>[0]): Promise<RunningEmulator> {
  const emulator = await startEmulator(options)
  running.push(emulator)
  return emulator
}

async function record(endpoint: string): Promise<RunningEmulator> {
  const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'the-secret-of-the-user' }
  return start({ record: { directory, bedrock: { endpoint, region: 'eu-west-1', credentials } } })
}

interface Seen {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

/** Server in the place of Bedrock that shows what it gets. */
async function startShowing(answer: (response: ServerResponse) => void): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = []
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request
    seen.push({ method, url, headers, body: Buffer.concat(await request.toArray()) })
    answer(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  running.push({
    close: async () => {
      server.closeAllConnections()
      server.close()
    },
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

async function readFiles(): Promise<string[]> {
  const names = (await readdir(directory)).toSorted()
  return Promise.all(names.map((name) => readFile(join(directory, name), 'utf8')))
}

describe('a request to Bedrock', () => {
  test('has the bytes of the caller, its own signature and no credentials of the caller', async () => {
    const bedrock = await startShowing((response) => response.end('{"a":1}'))
    const recorder = await record(bedrock.url)
    const body = '{ "b": 1.0,\n"a":"é" }'

    await post(recorder.url, '/model/amazon.nova-lite-v1%3A0/converse', body, {
      authorization: 'Bearer token-of-the-caller',
      'x-amz-security-token': 'session-of-the-caller',
      'x-amzn-bedrock-trace': 'ENABLED',
      'x-other': 'other',
    })

    const [{ method, url, headers, body: sent } = {} as Seen] = bedrock.seen
    expect([method, url, sent.toString()]).toEqual(['POST', '/model/amazon.nova-lite-v1%3A0/converse', body])
    expect(headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/\d+\/eu-west-1\/bedrock\//,
    )
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-amzn-bedrock-trace': 'ENABLED' })
    expect(JSON.stringify(headers)).not.toMatch(/of-the-caller|x-other/)
  })

  test.each([
    [
      { AWS_BEARER_TOKEN_BEDROCK: 'token-of-the-user' },
      { authorization: 'Bearer token-of-the-user', 'x-amz-security-token': undefined },
    ],
    [
      { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token-of-the-user' },
      { authorization: expect.stringContaining('Credential=id/'), 'x-amz-security-token': 'token-of-the-user' },
    ],
  ])('has the credentials of the environment: %j', async (variables, expected) => {
    const bedrock = await startShowing((response) => response.end('{"a":1}'))
    const environment = jest.replaceProperty(process, 'env', { ...process.env, ...variables, AWS_REGION: 'us-east-1' })
    const recorder = await start({ record: { directory, bedrock: { endpoint: bedrock.url } } })

    await post(recorder.url, NOVA_PATH, hello)

    environment.restore()
    const { authorization, 'x-amz-security-token': session } = bedrock.seen[0]?.headers ?? {}
    expect({ authorization, 'x-amz-security-token': session }).toEqual(expected)
    expect(await readFiles()).toEqual([expect.not.stringContaining('token-of-the-user')])
  })

  test('of ListAsyncInvokes has the query and no body', async () => {
    const bedrock = await startShowing((response) => response.end('{}'))
    const recorder = await record(bedrock.url)

    await fetch(`${recorder.url}/async-invoke?maxResults=5&statusEquals=Completed`)

    const [{ method, url, headers, body } = {} as Seen] = bedrock.seen
    expect([method, body.length, headers['content-length']]).toEqual(['GET', 0, undefined])
    expect(url?.split('?')[1]?.split('&').toSorted()).toEqual(['maxResults=5', 'statusEquals=Completed'])
  })
})

describe('a file', () => {
  test('holds the request and the answer in readable form, with their times', async () => {
    const bedrock = await start({})
    const recorder = await record(bedrock.url)

    await post(recorder.url, NOVA_PATH, hello)
    await post(recorder.url, NOVA_PATH, JSON.stringify(hello).replaceAll('":', '": ').replaceAll(',"', ', "'))
    await readStream(recorder.url, `/model/${NOVA}/converse-stream`, hello)

    expect((await readdir(directory)).toSorted()).toEqual([
      '0001-Converse-amazon.nova-lite-v1_0.json',
      '0002-Converse-amazon.nova-lite-v1_0.json',
      '0003-ConverseStream-amazon.nova-lite-v1_0.json',
    ])
    const [compact, spaced, stream] = (await readFiles()).map((text) => JSON.parse(text))
    expect(compact).toEqual({
      recordedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      operation: 'Converse',
      request: {
        method: 'POST',
        path: NOVA_PATH,
        headers: expect.objectContaining({ 'content-type': 'application/json' }),
        body: { json: hello },
      },
      response: {
        status: 200,
        headers: { 'content-type': 'application/json', 'x-amzn-requestid': expect.any(String) },
        afterMs: expect.any(Number),
        body: { json: expect.objectContaining({ stopReason: 'end_turn' }) },
      },
    })
    expect(spaced.request.body).toEqual({ json: hello, spacing: 'python' })
    expect(stream.response.events[0]).toEqual({
      atMs: expect.any(Number),
      event: 'messageStart',
      payload: { p: expect.any(String), role: 'assistant' },
    })
    expect(stream.response.ending).toBe('clean')
  })

  test("holds the model's document of each chunk of InvokeModelWithResponseStream", async () => {
    const bedrock = await start({})
    const recorder = await record(bedrock.url)
    const body = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }

    await readStream(recorder.url, `/model/${CLAUDE}/invoke-with-response-stream`, body)

    const [recording] = (await readFiles()).map((text) => JSON.parse(text))
    expect(recording.response.events[0]).toEqual({
      atMs: expect.any(Number),
      chunk: expect.objectContaining({ type: 'message_start' }),
      p: expect.any(String),
    })
  })

  test.each([
    ['text that is no JSON', Buffer.from('no JSON')],
    ['JSON that would be written otherwise', Buffer.from('{"a": 1.0}')],
    ['bytes that are not UTF-8', Buffer.from([0xff, 0x00, 0x31])],
  ])('keeps the exact bytes of %s', async (_name, bytes) => {
    const bedrock = await startShowing((response) => response.end(bytes))
    const recorder = await record(bedrock.url)
    const call = async (url: string): Promise<Buffer> => {
      const response = await fetch(url + NOVA_PATH, { method: 'POST', body: bytes })
      return Buffer.from(await response.arrayBuffer())
    }

    const first = await call(recorder.url)
    const replayed = await call((await start({ replay: { directory } })).url)

    expect([first, replayed]).toEqual([bytes, bytes])
  })

  test('has neither credentials nor account numbers, and requests of any account match', async () => {
    const message =
      'User: arn:aws:sts::111122223333:assumed-role/a/b is not authorized. The Canonical String: x-amz-security-token:FwoGZXIvYXdzEXAMPLE\\n' +
      'Credential=ASIAIOSFODNN7EXAMPLE/20261127/us-east-1, Signature=abcdef0123'
    const bedrock = await startShowing((response) => {
      response.statusCode = 403
      response.setHeader('x-amzn-errortype', 'AccessDeniedException:http://internal.amazon.com/')
      response.setHeader('set-cookie', 'secret-cookie')
      response.end(`{"message":"${message}"}`)
    })
    const recorder = await record(bedrock.url)
    const profile = (account: string): string =>
      `/model/${encodeURIComponent(`arn:aws:bedrock:us-east-1:${account}:application-inference-profile/abc`)}/converse`
    const ask = (account: string) => ({
      messages: [userMessage(`I am ${account}; order 777788889999; token ABSK${'a'.repeat(60)}`)],
    })

    const recorded = await post(recorder.url, profile('111122223333'), ask('111122223333'))
    const [file = ''] = await readFiles()
    const replayer = await start({ replay: { directory } })
    const other = await post(replayer.url, profile('444455556666'), ask('444455556666'))
    const same = await post(replayer.url, profile('111122223333'), ask('111122223333'))
    const changed = {
      messages: [userMessage(ask('111122223333').messages[0]?.content[0]?.text.replace('7777', '1111') ?? '')],
    }
    const order = await post(replayer.url, profile('111122223333'), changed)

    expect(recorded.body.message).toContain('111122223333')
    expect(file).toContain('arn:aws:sts::123456789012:assumed-role')
    expect(file).toContain('777788889999')
    expect(file).not.toMatch(/111122223333|FwoGZXIv|ASIAIOSF|AKIAIOSF|abcdef0123|ABSKaaa|secret|authorization/i)
    expect([other.status, same.status]).toEqual([403, 403])
    expect(other.body).toEqual(same.body)
    expect(order.status).toBe(404)
  })
})

describe('a replayed answer', () => {
  test('is that of the same request with its members in another order', async () => {
    const recorder = await record((await start({})).url)
    const request = { messages: [userMessage('Hello')], inferenceConfig: { maxTokens: 5, temperature: 0 } }
    const reordered = { inferenceConfig: { temperature: 0, maxTokens: 5 }, messages: request.messages }

    const answer = await post(recorder.url, NOVA_PATH, request)
    const { url } = await start({ replay: { directory } })

    expect((await post(url, NOVA_PATH, reordered)).body).toEqual(answer.body)
    expect((await post(url, '/model/amazon.nova-lite-v1%3A0/converse', request)).body).toEqual(answer.body)
  })

  test('comes in the recorded order for repeated requests, then the last one again', async () => {
    let count = 0
    const bedrock = await startShowing((response) => {
      count += 1
      response.end(`{"count":${count}}`)
    })
    const recorder = await record(bedrock.url)
    for (let call = 0; call < 3; call += 1) await post(recorder.url, NOVA_PATH, hello)

    const { url } = await start({ replay: { directory } })
    const counts: number[] = []
    for (let call = 0; call < 5; call += 1) counts.push((await post(url, NOVA_PATH, hello)).body.count)

    expect(counts).toEqual([1, 2, 3, 3, 3])
  })

  test('of a stream has the recorded timing, unless it is turned off', async () => {
    const event = (atMs: number) => ({ atMs, event: 'messageStart', payload: { role: 'assistant' } })
    const headers = { 'content-type': 'application/vnd.amazon.eventstream' }
    const request = { method: 'POST', path: `/model/${NOVA}/converse-stream`, headers: {}, body: { json: hello } }
    const slow = { status: 200, headers, afterMs: 20, events: [event(30), event(150)], ending: 'clean' }
    await writeFile(
      join(directory, '0001-x.json'),
      JSON.stringify({ operation: 'ConverseStream', request, response: slow }),
    )
    const timed = await start({ replay: { directory } })
    const startedAt = performance.now()

    const { events } = await readStream(timed.url, request.path, hello)
    const durationMs = performance.now() - startedAt

    expect(events).toHaveLength(2)
    expect(durationMs).toBeGreaterThanOrEqual(149)
    const day = { ...slow, afterMs: 86_400_000 }
    await writeFile(
      join(directory, '0001-x.json'),
      JSON.stringify({ operation: 'ConverseStream', request, response: day }),
    )
    const untimed = await start({ replay: { directory, isTimed: false } })
    expect((await readStream(untimed.url, request.path, hello)).events).toHaveLength(2)
  })

  test('is a ResourceNotFoundException that names the nearest recording and what differs', async () => {
    const recorder = await record((await start({})).url)
    await post(recorder.url, `/model/${CLAUDE}/converse`, hello)
    await post(recorder.url, NOVA_PATH, { ...hello, inferenceConfig: { maxTokens: 5 } })
    const { url } = await start({ replay: { directory } })

    const body = await post(url, NOVA_PATH, { messages: [userMessage('Bye')], inferenceConfig: { maxTokens: 5 } })
    const model = await post(url, '/model/amazon.nova-pro-v1:0/converse', hello)
    const header = await post(
      url,
      NOVA_PATH,
      { ...hello, inferenceConfig: { maxTokens: 5 } },
      { 'x-amzn-bedrock-a': 'b' },
    )

    expect(body.status).toBe(404)
    expect(body.headers.get('x-amzn-errortype')).toBe('ResourceNotFoundException')
    expect(body.body.message).toBe(
      `No recording in ${directory} answers this Converse. The nearest is 0002-Converse-amazon.nova-lite-v1_0.json: ` +
        'body.messages[0].content[0].text is "Hello" in the recording and "Bye" in the request.',
    )
    expect(model.body.message).toContain(
      `The nearest is 0001-Converse-${CLAUDE.replace(':', '_')}.json: modelId is "${CLAUDE}" in the recording and "amazon.nova-pro-v1:0" in the request.`,
    )
    expect(header.body.message).toContain('headers.x-amzn-bedrock-a is missing in the recording and "b" in the request')
  })

  test('can have a fault before it', async () => {
    const recorder = await record((await start({})).url)
    await post(recorder.url, NOVA_PATH, hello)
    const replayer = createBedrockEmulator({ replay: { directory } })
    running.push(replayer)
    const url = `http://127.0.0.1:${await replayer.listen(0)}`
    replayer.setFault({ operation: 'Converse', directives: { error: 'ThrottlingException' } })

    expect([(await post(url, NOVA_PATH, hello)).status, (await post(url, NOVA_PATH, hello)).status]).toEqual([429, 200])
    expect(() => replayer.setFault({ operation: 'ConverseStream', directives: { reset: '@1' } })).toThrow(
      'The directive reset has no effect in a fault of ConverseStream with --record or --replay.',
    )
  })
})

describe('recordings that cannot be read', () => {
  test.each([
    ['{', /0001-x\.json is not a recording: .*JSON/],
    ['{}', /0001-x\.json is not a recording: it needs request\.path and response\.status/],
    [
      '{"request":{"path":"/a","method":"GET","headers":{}},"response":{"status":200}}',
      /0001-x\.json.*of an operation of Bedrock/,
    ],
  ])('are named: %s', async (text, message) => {
    await writeFile(join(directory, '0001-x.json'), text)
    expect(() => createBedrockEmulator({ replay: { directory } })).toThrow(message)
  })

  test('are named when the directory is missing', () => {
    expect(() => createBedrockEmulator({ replay: { directory: join(directory, 'none') } })).toThrow(
      /none cannot be read/,
    )
  })
})

describe('recording', () => {
  test('continues after the recordings that are there', async () => {
    const bedrock = await start({})
    await post((await record(bedrock.url)).url, NOVA_PATH, hello)
    await post((await record(bedrock.url)).url, NOVA_PATH, hello)

    expect((await readdir(directory)).map((name) => name.slice(0, 4)).toSorted()).toEqual(['0001', '0002'])
  })

  test('says that a file cannot hold recordings', async () => {
    const file = join(directory, 'file')
    await writeFile(file, '')
    expect(() => createBedrockEmulator({ record: { directory: file } })).toThrow(`${file} cannot hold recordings: `)
  })

  test('of several emulators in one directory loses no call', async () => {
    const bedrock = await start({})
    const [one, other] = [await record(bedrock.url), await record(bedrock.url)]
    const calls = Array.from({ length: 6 }, (_, index) =>
      post((index % 2 === 0 ? one : other).url, NOVA_PATH, { messages: [userMessage(`Call ${index}`)] }),
    )
    await Promise.all(calls)
    const texts = (await readFiles()).map((file) => JSON.parse(file).request.body.json.messages[0].content[0].text)

    expect(texts.toSorted()).toEqual(['Call 0', 'Call 1', 'Call 2', 'Call 3', 'Call 4', 'Call 5'])
    expect((await readdir(directory)).map((name) => Number(name.slice(0, 4))).toSorted()).toEqual([1, 2, 3, 4, 5, 6])
  })

  test('hides an account number of the request that a stream repeats in another event than its ARN', async () => {
    const recorder = await record((await start({})).url)
    const text = 'arn:aws:iam::111122223333:role/a'
    await fetch(`${recorder.url}/model/${NOVA}/converse-stream`, {
      method: 'POST',
      body: JSON.stringify({ messages: [userMessage(`Repeat ${text}`)] }),
    }).then((response) => response.arrayBuffer())
    const [file = ''] = await readFiles()

    expect(JSON.parse(file).response.events).toContainEqual(
      expect.objectContaining({ payload: expect.objectContaining({ delta: { text: '123456789012' } }) }),
    )
    expect(file).not.toContain('111122223333')
  })

  test('hides the secrets of a native body in CountTokens, and its members match in any order', async () => {
    const recorder = await record((await start({})).url)
    const ask = (body: object) => ({
      input: { invokeModel: { body: Buffer.from(JSON.stringify(body)).toString('base64') } },
    })
    const read = (account: string) => ({
      messages: [{ role: 'user', content: `arn:aws:iam::${account}:role/a AKIAIOSFODNN7EXAMPLE` }],
    })
    const head = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 5 }
    const path = '/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/count-tokens'

    const answer = await post(recorder.url, path, ask({ ...head, ...read('111122223333') }))
    const [file = ''] = await readFiles()
    const { url } = await start({ replay: { directory } })
    const again = await post(url, path, ask({ ...read('444455556666'), ...head }))
    const missed = await post(url, path, ask({ ...read('444455556666'), ...head, max_tokens: 6 }))

    const kept = JSON.parse(file).request.body.json.input.invokeModel.body
    expect(JSON.parse(Buffer.from(kept, 'base64').toString()).messages[0].content).toBe(
      'arn:aws:iam::123456789012:role/a REMOVED',
    )
    expect([answer.status, again.body]).toEqual([200, answer.body])
    expect(missed.body.message).toContain('body.input.invokeModel.body.max_tokens is 5 in the recording and 6')
  })

  test('of JSON that is nested too deeply can be replayed', async () => {
    const recorder = await record((await start({})).url)
    const call = async (url: string, depth: number): Promise<[number, string]> => {
      const body = `${'['.repeat(depth)}${']'.repeat(depth)}`
      const response = await fetch(url + NOVA_PATH, { method: 'POST', body })
      return [response.status, await response.text()]
    }
    const answer = await call(recorder.url, 20_000)
    const { url } = await start({ replay: { directory } })

    expect(answer[1]).toContain('nested deeper')
    expect(await call(url, 20_000)).toEqual(answer)
    expect((await call(url, 20_001))[0]).toBe(404)
  })

  test('keeps the whole stream of a client that leaves early', async () => {
    const bedrock = await start({})
    const recorder = await record(bedrock.url)
    const abort = new AbortController()
    const text = 'Hello [emulator:tokens=40] [emulator:rate=400]'
    const response = await fetch(`${recorder.url}/model/${NOVA}/converse-stream`, {
      method: 'POST',
      body: JSON.stringify({ messages: [userMessage(text)] }),
      signal: abort.signal,
    })
    await response.body?.getReader().read()
    abort.abort()
    let files: string[] = []
    while (files.length === 0) files = await readFiles().catch(() => [])

    const { response: kept } = JSON.parse(files[0] ?? '')
    expect(kept.ending).toBe('clean')
    expect(kept.events.at(-1).event).toBe('metadata')
  })

  test('refuses to be the real Bedrock itself', async () => {
    const emulator = createBedrockEmulator({
      record: { directory, bedrock: { endpoint: 'http://127.0.0.1:1', region: 'us-east-1' } },
    })
    const port = await emulator.listen(0)
    await emulator.close()
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
    const itself = createBedrockEmulator({
      record: { directory, bedrock: { endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', credentials } },
    })
    running.push(itself)
    await itself.listen(port)

    const { status, body } = await post(`http://127.0.0.1:${port}`, NOVA_PATH, hello)

    expect([status, body.message]).toEqual([400, expect.stringMatching(/^The real Bedrock is this emulator itself/)])
    expect(await readdir(directory)).toEqual([])
  })

  test('says that Bedrock cannot be reached, and keeps nothing', async () => {
    const closed = await startEmulator()
    await closed.close()
    const recorder = await record(closed.url)

    const { status, body } = await post(recorder.url, NOVA_PATH, hello)

    expect([status, body.message]).toEqual([503, 'Bedrock could not be reached: ECONNREFUSED.'])
    expect(await readdir(directory)).toEqual([])
  })
})

describe('an asynchronous invocation', () => {
  let s3: RunningS3
  let setup: RecordingSetup
  const clock = new ManualClock()

  beforeEach(async () => {
    s3 = await startS3()
    setup = await startRecording({ s3Endpoint: s3.url, clock, accountId: '111122223333' })
  })
  afterEach(async () => {
    await setup.close()
    await s3.close()
  })

  test('is started, polled and listed from the recordings, in another account', async () => {
    const run = async (url: string, finish: () => Promise<void>) => {
      const client = createHttp1Client(url)
      const { invocationArn = '' } = await client.send(startCommand())
      const before = await client.send(new GetAsyncInvokeCommand({ invocationArn }))
      await finish()
      let after = await client.send(new GetAsyncInvokeCommand({ invocationArn }))
      while (after.status === 'InProgress') after = await client.send(new GetAsyncInvokeCommand({ invocationArn }))
      const { asyncInvokeSummaries = [] } = await client.send(new ListAsyncInvokesCommand({}))
      client.destroy()
      return {
        invocationArn,
        statuses: [before.status, after.status],
        listed: asyncInvokeSummaries.map((one) => one.invocationArn),
      }
    }

    const recorded = await run(setup.recorder.url, async () => clock.advance(5_000))
    const replayed = await run((await setup.replay()).url, async () => undefined)

    const arn = recorded.invocationArn.replace('111122223333', '123456789012')
    expect(recorded.statuses).toEqual(['InProgress', 'Completed'])
    expect(replayed).toEqual({ invocationArn: arn, statuses: ['InProgress', 'Completed'], listed: [arn] })
    expect(JSON.stringify([...(await setup.read()).values()])).not.toContain('111122223333')
  })
})
