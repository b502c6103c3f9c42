import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { GetAsyncInvokeCommand, StartAsyncInvokeCommand } from '@aws-sdk/client-bedrock-runtime'
import { createHttp1Client, post } from './support.ts'

const ROOT = resolve(import.meta.dirname, '../../..')

function start(port: string, ...words: string[]): ChildProcess {
  const { AWS_ENDPOINT_URL_S3: _shell, ...env } = process.env
  return spawn(process.execPath, ['scripts/node24.cjs', 'local/bedrock/main.ts', '--port', port, ...words], {
    cwd: ROOT,
    env,
  })
}

test('npm run bedrock prints a working curl line, logs each request and stops on SIGTERM', async () => {
  const child = start('0')
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
  const printed: string[] = []
  const readUntil = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const { value, done } = await lines.next()
      if (done) throw new Error(`ended without ${pattern}`)
      printed.push(value)
      if (pattern.test(value)) return value
    }
  }

  const curl = await readUntil(/^ {2}curl /)
  const { stdout } = await promisify(execFile)('sh', ['-c', curl])
  const line = await readUntil(/Converse/)
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')

  expect(printed.join('\n')).toMatch(/export AWS_ENDPOINT_URL_BEDROCK_RUNTIME=http:\/\/127\.0\.0\.1:\d+\n/)
  expect(JSON.parse(stdout).output.message.content[0].text).toContain('Paris')
  expect(line).toMatch(/^200 Converse us\.anthropic\.claude-haiku-4-5-20251001-v1:0 \d+ ms, \d+ \+ \d+ tokens$/)
  expect(code).toBe(0)
})

test('npm run bedrock -- --state starts an S3 for asynchronous invocations', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'bedrock-alone-'))
  const child = start('0', '--state', directory)
  const output: string[] = []
  child.stdout?.on('data', (chunk) => output.push(String(chunk)))
  const addressOf = async (name: string): Promise<string> => {
    for (;;) {
      const [, address] = new RegExp(`export ${name}=(\\S+)`).exec(output.join('')) ?? []
      if (address) return address
      await once(child.stdout as NodeJS.ReadableStream, 'data')
    }
  }
  const client = createHttp1Client(await addressOf('AWS_ENDPOINT_URL_BEDROCK_RUNTIME'))
  const s3 = new URL(await addressOf('AWS_ENDPOINT_URL_S3'))

  const { invocationArn = '' } = await client.send(
    new StartAsyncInvokeCommand({
      modelId: 'twelvelabs.marengo-embed-3-0-v1:0',
      modelInput: { inputType: 'text', text: { inputText: 'a dog [emulator:lasts=1]' } },
      outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://output/vectors' } },
    }),
  )
  let status: string | undefined = 'InProgress'
  while (status === 'InProgress') ({ status } = await client.send(new GetAsyncInvokeCommand({ invocationArn })))
  const object = await fetch(new URL(`/output/vectors/${invocationArn.split('/')[1]}/output.json`, s3))
  const { data } = (await object.json()) as { data: { embedding: number[] }[] }
  client.destroy()
  child.kill('SIGTERM')
  const [code] = await once(child, 'close')
  await rm(directory, { recursive: true, force: true })

  expect([status, data[0]?.embedding.length, code]).toEqual(['Completed', 512, 0])
  expect(output.join('')).toMatch(/^200 StartAsyncInvoke \d+ ms$/m)
  expect(output.join('')).toContain(`200 GetAsyncInvoke ${invocationArn} `)
})

test('npm run bedrock names a busy port', async () => {
  const occupant = createServer().listen(0, '127.0.0.1')
  await once(occupant, 'listening')
  const { port } = occupant.address() as { port: number }
  const child = start(String(port))
  const errors: string[] = []
  child.stderr?.on('data', (chunk) => errors.push(String(chunk)))

  const [code] = await once(child, 'close')
  occupant.close()

  expect(code).toBe(1)
  expect(errors.join('')).toBe(
    `The Bedrock emulator cannot start: port ${port} is in use. Choose another with --port.\n`,
  )
})

/** A port that nobody listens on. */
async function findPort(): Promise<number> {
  const occupant = createServer().listen(0, '127.0.0.1')
  await once(occupant, 'listening')
  const { port } = occupant.address() as { port: number }
  await new Promise((resolve) => occupant.close(resolve))
  return port
}

async function firstLine(port: number, variables: Record<string, string>, ...words: string[]): Promise<string> {
  const command = ['scripts/node24.cjs', 'local/bedrock/main.ts', '--port', String(port), ...words]
  const child = spawn(process.execPath, command, { cwd: ROOT, env: { ...process.env, ...variables } })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  child.kill('SIGTERM')
  await once(child, 'close')
  return line
}

test('npm run bedrock -- --record names the server it records from, and its own address is not Bedrock', async () => {
  const port = await findPort()
  const directory = await mkdtemp(join(tmpdir(), 'bedrock-record-'))
  const start = (endpoint: string, ...words: string[]) =>
    firstLine(port, { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: endpoint }, ...words)

  const other = await start('http://127.0.0.1:1', '--record', directory)
  const own = await start(`http://127.0.0.1:${port}`, '--record', directory)
  const replay = await start('http://127.0.0.1:1', '--replay', directory)
  await rm(directory, { recursive: true })

  expect(other).toMatch(/; answers come from http:\/\/127\.0\.0\.1:1 and are kept in /)
  expect(own).toContain(`; answers come from the real Bedrock and are kept in ${directory}.`)
  expect(replay).toContain(`; answers come from the recordings in ${directory}.`)
})

test('an OPENAI_BASE_URL that points clients to the emulator itself is no source of its answers', async () => {
  const port = await findPort()
  const other = await firstLine(port, { OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' })
  const own = await firstLine(port, { OPENAI_BASE_URL: `http://localhost:${port}/openai/v1` })

  expect(other).toContain('; answers come from http://127.0.0.1:1/v1.')
  expect(own).toContain('; answers come from a deterministic model.')
})

test.each([
  [['--record', 'a', '--replay', 'b'], '--record and --replay exclude each other\n'],
  [['--no-delay'], '--no-delay needs --replay\n'],
  [['--replay', '/none'], "/none cannot be read: ENOENT: no such file or directory, scandir '/none'\n"],
])('npm run bedrock with %j exits with 1 and names the mistake', async (words, expected) => {
  const child = start('0', ...words)
  const errors: string[] = []
  child.stderr?.on('data', (chunk) => errors.push(String(chunk)))

  const [code] = await once(child, 'close')

  expect([code, errors.join('')]).toEqual([1, expected])
})

test('with --host it answers on other addresses and warns about what is exposed', async () => {
  const child = start('0', '--host', '0.0.0.0')
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  const printed: string[] = []
  for await (const line of lines) {
    printed.push(line)
    if (line.startsWith('WARNING')) break
  }
  const [, port] = /export AWS_ENDPOINT_URL_BEDROCK_RUNTIME=http:\/\/127\.0\.0\.1:(\d+)/.exec(printed.join('\n')) ?? []
  const response = await fetch(`http://127.0.0.2:${port}/foundation-models`)
  child.kill('SIGTERM')
  await once(child, 'close')

  expect(response.status).toBe(200)
  expect(printed.at(-1)).toBe(
    "WARNING: --host 0.0.0.0: whoever reaches this machine's network can use the models that the answers come from.",
  )
})

const IMPORTED = 'arn:aws:bedrock:us-east-1:123456789012:imported-model/abcdefghijkl'

test('with --model it answers for the ARN as for the foundation model', async () => {
  const child = start('0', '--quiet', '--model', `${IMPORTED}=mistral.mistral-7b-instruct-v0:2`)
  let url = ''
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    url = /export AWS_ENDPOINT_URL_BEDROCK_RUNTIME=(\S+)/.exec(line)?.[1] ?? ''
    if (url) break
  }
  const { body } = await post(url, `/model/${encodeURIComponent(IMPORTED)}/invoke`, { prompt: '[emulator:say=one]' })
  child.kill('SIGTERM')
  await once(child, 'close')

  expect(body).toEqual({ outputs: [{ text: 'one', stop_reason: 'stop' }] })
})

test.each([
  ['llama', '--model is "llama", which is not ARN=ID'],
  [`${IMPORTED}=llama`, `"llama", the model of ${IMPORTED}, is not the id of a foundation model`],
  ['a=amazon.nova-lite-v1:0', '"a" is not the ARN of a model of an account'],
])('with --model %s it does not start', async (option, message) => {
  const child = start('0', '--model', option)
  const errors: string[] = []
  child.stderr?.on('data', (chunk) => errors.push(String(chunk)))
  const [code] = await once(child, 'close')

  expect(errors.join('')).toContain(message)
  expect(code).toBe(1)
})
