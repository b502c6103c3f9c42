import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Anthropic from '@anthropic-ai/sdk'
import {
  AccessDeniedException,
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  GetAsyncInvokeCommand,
  ListAsyncInvokesCommand,
  StartAsyncInvokeCommand,
  ThrottlingException,
} from '@aws-sdk/client-bedrock-runtime'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import OpenAI from 'openai'
import { createStackClients, endOf, eventually, postJson } from '../support/stack-clients.ts'
import { type RunningStack, startStack } from '../support/start-stack.ts'
import { CLAUDE } from '../support/stock-clients.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const PROMPT = 'marker-of-a-prompt-7f3a'
const messages = [{ role: 'user' as const, content: [{ text: PROMPT }] }]
const outputDataConfig = { s3OutputDataConfig: { s3Uri: 's3://local-jobsbucket/output' } }

let stack: RunningStack
const clients: BedrockRuntimeClient[] = []

/** Creates a stock client with only a key, as AWS_BEARER_TOKEN_BEDROCK does. */
function clientWith(key: string): BedrockRuntimeClient {
  const client = new BedrockRuntimeClient({
    endpoint: stack.api,
    region: 'us-east-1',
    token: { token: key },
    authSchemePreference: ['httpBearerAuth'],
    requestHandler: new NodeHttpHandler(),
    maxAttempts: 1,
  })
  clients.push(client)
  return client
}

/** Creates a key as an operator does. */
async function createKey(name: string, ...options: string[]): Promise<string> {
  return (await runKeys('create', name, ...options)).trim()
}

async function runKeys(...words: string[]): Promise<string> {
  const script = ['--conditions=@bedrock-functions/source', join(ROOT, 'scripts', 'keys.ts')]
  const place = ['--local', '--state', stack.stateDirectory]
  const { stdout } = await promisify(execFile)(process.execPath, [...script, ...words, ...place], {
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  return stdout
}

/** Returns everything that the stack has printed, logged or stored. */
async function everythingWritten(): Promise<string> {
  const files = await readdir(stack.stateDirectory, { recursive: true, withFileTypes: true })
  const logs = files.filter((file) => file.isFile() && /\.(log|json|jsonl)$/.test(file.name))
  const texts = await Promise.all(logs.map((file) => readFile(join(file.parentPath, file.name), 'utf8')))
  return stack.output() + texts.join('\n')
}

async function logsOf(functionName: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(join(stack.stateDirectory, 'logs', `${functionName}.log`), 'utf8')
  return text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []))
}

describe('without --auth', () => {
  beforeAll(async () => {
    stack = await startStack()
  }, 60_000)
  afterAll(() => stack.stop())

  const listedBy = async (accessKeyId: string) => {
    const { bedrock, destroy } = createStackClients(stack, accessKeyId)
    const { asyncInvokeSummaries = [] } = await bedrock.send(new ListAsyncInvokesCommand({}))
    destroy()
    return asyncInvokeSummaries.map(({ invocationArn }) => invocationArn)
  }

  test("a job started without credentials is found with the banner's credentials and with no others", async () => {
    const started = await postJson(stack, '/async-invoke', { modelId: CLAUDE, input: { converse: { messages } } })
    const { invocationArn } = (await started.json()) as { invocationArn: string }
    expect(await listedBy('local')).toEqual([invocationArn])
    expect(await listedBy('bob')).toEqual([])
  })

  test("an upload by plain HTTP is read in a Converse call with the banner's credentials and with no others", async () => {
    const ticket = (await (await postJson(stack, '/uploads', { contentType: 'text/plain' })).json()) as {
      s3Uri: string
      url: string
      headers: Record<string, string>
    }
    await fetch(ticket.url, { method: 'PUT', headers: ticket.headers, body: 'A letter' })
    const source = { s3Location: { uri: ticket.s3Uri } }
    const content = [{ text: 'Summarize' }, { document: { name: 'letter', format: 'txt' as const, source } }]
    const statusFor = async (accessKeyId: string) => {
      const { bedrock, destroy } = createStackClients(stack, accessKeyId)
      const command = new ConverseCommand({ modelId: CLAUDE, messages: [{ role: 'user', content }] })
      const { $metadata } = await bedrock.send(command).catch((error) => error)
      destroy()
      return $metadata.httpStatusCode
    }
    expect([await statusFor('local'), await statusFor('bob')]).toEqual([200, 403])
  })

  test("the console suggests a route for a wrong path, and the answer stays as API Gateway's", async () => {
    const profile = 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/abc'
    const response = await fetch(`${stack.api}/model/${profile}/count-tokens`, { method: 'POST', body: '{}' })
    expect(response.status).toBe(403)
    expect(await response.text()).not.toContain('did you mean')
    const hint = '(did you mean POST /model/{modelId}/count-tokens? A slash within {modelId} is written %2F)'
    await eventually(async () => stack.output().includes(hint) || undefined)
  })

  test('the console also suggests an API route for a wrong path at the function URL', async () => {
    const converse = `${stack.functionUrl}/model/${encodeURIComponent(CLAUDE)}/converse`
    expect((await fetch(converse, { method: 'POST', body: JSON.stringify({ messages }) })).status).toBe(404)
    const hint = '(POST /model/{modelId}/converse is a route of the API, not of the function URL)'
    await eventually(async () => stack.output().includes(hint) || undefined)
  })

  test('the refusal of a body that is too large names the alternative', async () => {
    const response = await fetch(`${stack.api}/model/${CLAUDE}/converse`, {
      method: 'POST',
      body: 'x'.repeat(7_000_000),
    })
    expect([response.status, await response.text()]).toEqual([413, expect.stringContaining('POST /uploads')])
  })
})

describe('--auth key', () => {
  let alice: BedrockRuntimeClient
  let bob: BedrockRuntimeClient
  const keys: string[] = []

  beforeAll(async () => {
    // One worker for each function, so that callers share it.
    stack = await startStack({ arguments: ['--auth', 'key', '--parameter-overrides', 'ReservedConcurrency=1'] })
    keys.push(await createKey('alice'), await createKey('bob'))
    alice = clientWith(keys[0] ?? '')
    bob = clientWith(keys[1] ?? '')
  }, 60_000)
  afterAll(async () => {
    for (const client of clients.splice(0)) client.destroy()
    await stack.stop()
  })

  test('a key is enough for Converse, ConverseStream and a job', async () => {
    const { stopReason } = await alice.send(new ConverseCommand({ modelId: CLAUDE, messages }))
    expect(stopReason).toBe('end_turn')
    const { stream } = await alice.send(new ConverseStreamCommand({ modelId: CLAUDE, messages }))
    const events: string[] = []
    for await (const event of stream ?? []) events.push(...Object.keys(event))
    expect(events.at(-1)).toBe('metadata')
    const { invocationArn } = await alice.send(
      new StartAsyncInvokeCommand({
        modelId: CLAUDE,
        modelInput: {
          anthropic_version: 'bedrock-2023-05-31',
          max_tokens: 50,
          messages: [{ role: 'user', content: PROMPT }],
        },
        outputDataConfig,
      }),
    )
    expect(await endOf(alice, invocationArn)).toMatchObject({ status: 'Completed' })
  })

  test('a missing, unknown or disabled key is AccessDeniedException, 401', async () => {
    const disabled = await createKey('carol')
    keys.push(disabled)
    await clientWith(disabled).send(new ConverseCommand({ modelId: CLAUDE, messages }))
    await runKeys('disable', 'carol')
    for (const key of [disabled, 'a-key-that-nobody-has-made', 'short']) {
      const refused = clientWith(key).send(new ConverseCommand({ modelId: CLAUDE, messages }))
      await expect(refused).rejects.toThrow(AccessDeniedException)
      await expect(refused).rejects.toMatchObject({ $metadata: { httpStatusCode: 401 } })
    }
    const response = await fetch(`${stack.api}/models`)
    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([401, 'AccessDeniedException'])
  })

  test('clients of OpenAI and Anthropic send the same keys, each in its own header or in both', async () => {
    const key = await createKey('frank')
    keys.push(key)
    const question = { model: 'claude-sonnet', max_tokens: 50, messages: [{ role: 'user' as const, content: 'Hello' }] }
    const openai = new OpenAI({ baseURL: `${stack.api}/v1`, apiKey: key, maxRetries: 0 })
    const anthropic = new Anthropic({ baseURL: stack.api, apiKey: key, maxRetries: 0 })
    const both = new Anthropic({
      baseURL: stack.api,
      apiKey: key,
      defaultHeaders: { authorization: `Bearer ${key}` },
      maxRetries: 0,
    })

    expect((await openai.chat.completions.create(question)).object).toBe('chat.completion')
    expect((await anthropic.messages.create(question)).type).toBe('message')
    expect((await both.messages.create(question)).type).toBe('message')
    expect((await anthropic.models.list()).data.length).toBeGreaterThan(0)
  })

  test.each(['a-key-that-nobody-has-made', 'short'])(
    'a wrong key (%s) is the authentication error of each contract',
    async (apiKey) => {
      const question = { model: 'claude-sonnet', max_tokens: 50, messages: [{ role: 'user' as const, content: 'Hi' }] }
      const openai = new OpenAI({ baseURL: `${stack.api}/v1`, apiKey, maxRetries: 0 })
      const anthropic = new Anthropic({ baseURL: stack.api, apiKey, maxRetries: 0 })

      await expect(openai.chat.completions.create(question)).rejects.toMatchObject({
        constructor: OpenAI.AuthenticationError,
        type: 'authentication_error',
        code: 'invalid_api_key',
      })
      await expect(anthropic.messages.create(question)).rejects.toMatchObject({
        constructor: Anthropic.AuthenticationError,
        error: { type: 'error', error: { type: 'authentication_error' } },
      })
    },
  )

  test('a key is throttled above its quota and rate, with the time to retry', async () => {
    const limited = await createKey('dave', '--quota', '2', '--rate', '100', '--burst', '100')
    const hasty = await createKey('erin', '--rate', '0.01', '--burst', '1')
    keys.push(limited, hasty)
    for (const [key, allowed] of [
      [limited, 2],
      [hasty, 1],
    ] as const) {
      const client = clientWith(key)
      for (let call = 0; call < allowed; call += 1)
        await client.send(new ConverseCommand({ modelId: CLAUDE, messages }))
      const refused = client.send(new ConverseStreamCommand({ modelId: CLAUDE, messages }))
      await expect(refused).rejects.toThrow(ThrottlingException)
      await expect(refused).rejects.toMatchObject({ $metadata: { httpStatusCode: 429 } })
      const { headers } = await fetch(`${stack.api}/models`, { headers: { authorization: `Bearer ${key}` } })
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    }
  })

  test("two keys do not see each other's jobs, even in one worker", async () => {
    const start = async (client: BedrockRuntimeClient, index: number) => {
      const modelInput = { inputText: `job ${index}` }
      const command = new StartAsyncInvokeCommand({
        modelId: 'amazon.titan-embed-text-v2:0',
        modelInput,
        outputDataConfig,
        // Both use the same token, which belongs to each caller separately.
        clientRequestToken: `token-${index}`,
      })
      return (await client.send(command)).invocationArn ?? ''
    }
    const list = async (client: BedrockRuntimeClient) => {
      const { asyncInvokeSummaries = [] } = await client.send(new ListAsyncInvokesCommand({ maxResults: 1000 }))
      return asyncInvokeSummaries.map(({ invocationArn = '' }) => invocationArn)
    }
    const started = await Promise.all(
      Array.from({ length: 10 }, (_, index) => Promise.all([start(alice, index), start(bob, index)])),
    )
    const [ofAlice, ofBob] = [started.map(([arn]) => arn), started.map(([, arn]) => arn)]
    expect(new Set([...ofAlice, ...ofBob]).size).toBe(20)
    const [seenByAlice, seenByBob] = await Promise.all([list(alice), list(bob)])
    expect([...seenByBob].sort()).toEqual([...ofBob].sort())
    expect(seenByAlice).toEqual(expect.arrayContaining(ofAlice))
    expect(seenByAlice.filter((arn) => ofBob.includes(arn))).toEqual([])
    await expect(bob.send(new GetAsyncInvokeCommand({ invocationArn: ofAlice[0] }))).rejects.toThrow(
      /No invocation is found/,
    )
    const workers = (await logsOf('StartJobFunction')).filter(({ cold_start }) => cold_start === true)
    expect(workers.length).toBeGreaterThan(0)
  })

  test('the caller is in every log line of a call, and in its metrics', async () => {
    for (const name of ['InvokeFunction', 'StreamFunction', 'StartJobFunction', 'PollJobFunction', 'RunJobFunction']) {
      const lines = await logsOf(name)
      const calls = lines.filter(({ operation }) => operation !== undefined)
      expect(calls.length).toBeGreaterThan(1)
      expect(calls.filter(({ caller }) => !/^key:[a-z0-9]+$/.test(String(caller)))).toEqual([])
      expect(calls.some((line) => '_aws' in line)).toBe(true)
    }
  })

  test('no key, prompt or answer was printed, logged or traced', async () => {
    const written = await everythingWritten()
    expect(written.length).toBeGreaterThan(10_000)
    for (const key of keys) expect(written).not.toContain(key)
    const logs = [
      stack.output(),
      ...(await Promise.all(
        ['InvokeFunction', 'RunJobFunction'].map(async (name) => JSON.stringify(await logsOf(name))),
      )),
    ]
    for (const log of logs) expect(log).not.toContain(PROMPT)
  })
})

describe('--auth iam', () => {
  beforeAll(async () => {
    stack = await startStack({ arguments: ['--auth', 'iam'] })
  }, 60_000)
  afterAll(async () => {
    for (const client of clients.splice(0)) client.destroy()
    await stack.stop()
  })

  function signingClient(signingName: string, secretAccessKey: string): BedrockRuntimeClient {
    const options = {
      endpoint: stack.api,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey },
      signingName,
      requestHandler: new NodeHttpHandler(),
      maxAttempts: 1,
    }
    const client = new BedrockRuntimeClient(options)
    clients.push(client)
    return client
  }

  test('a valid signature passes, also for streams', async () => {
    const client = signingClient('execute-api', 'local')
    await client.send(new ConverseCommand({ modelId: CLAUDE, messages }))
    const { stream } = await client.send(new ConverseStreamCommand({ modelId: CLAUDE, messages }))
    const events: string[] = []
    for await (const event of stream ?? []) events.push(...Object.keys(event))
    expect(events.at(-1)).toBe('metadata')
    const [line] = (await logsOf('InvokeFunction')).filter(({ operation }) => operation === 'Converse')
    expect(line).toMatchObject({ caller: 'arn:aws:iam::123456789012:user/local' })
  })

  test.each([
    ['a wrong secret', 'execute-api', 'another'],
    ["Bedrock's own service name", 'bedrock', 'local'],
  ])('%s is refused', async (_, signingName, secret) => {
    const refused = signingClient(signingName, secret).send(new ConverseCommand({ modelId: CLAUDE, messages }))
    await expect(refused).rejects.toMatchObject({
      $metadata: { httpStatusCode: 403 },
      name: 'InvalidSignatureException',
    })
  })
})
