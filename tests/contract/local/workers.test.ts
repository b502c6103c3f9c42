import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLambdaService, type LambdaService } from '../../../local/lambda/lambda-service.ts'
import { loadTemplate } from '../../../local/template/load-template.ts'
import { type FixtureStack, startFixtureStack } from './support/fixture-stack.ts'
import { createGate } from './support/gate.ts'

describe('workers behind the API', () => {
  let stack: FixtureStack
  beforeAll(async () => {
    stack = await startFixtureStack({ maxWorkers: 20 })
  })
  afterAll(() => stack.close())

  test('1,000 requests at concurrency 20 all succeed with at most 20 workers', async () => {
    const workers = new Set<number>()
    const statuses: number[] = []
    const client = async () => {
      while (statuses.length < 1000) {
        const response = await fetch(`${stack.url}/process-id`)
        statuses.push(response.status)
        workers.add((await response.json()) as number)
      }
    }
    await Promise.all(Array.from({ length: 20 }, client))
    expect(new Set(statuses)).toEqual(new Set([200]))
    expect(workers.size).toBeLessThanOrEqual(20)
  })

  test('have the environment of Lambda and the template, without the shell’s', async () => {
    process.env.SECRET_OF_THE_SHELL = 'secret'
    const environment = (await (await fetch(`${stack.url}/environment`)).json()) as Record<string, string>
    delete process.env.SECRET_OF_THE_SHELL
    const { PATH, NODE_PATH, LAMBDA_TASK_ROOT, AWS_LAMBDA_RUNTIME_API, AWS_LAMBDA_LOG_STREAM_NAME, ...others } =
      environment
    expect(others).toEqual({
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: stack.emulatorUrl,
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_LAMBDA_FUNCTION_NAME: 'EnvironmentFunction',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_FORMAT: 'JSON',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/EnvironmentFunction',
      AWS_REGION: 'us-east-1',
      DECLARED: 'yes',
      LAMBDA_RUNTIME_DIR: '/var/runtime',
      LANG: 'en_US.UTF-8',
      TZ: ':UTC',
      _HANDLER: 'buffered.environment',
      _X_AMZN_TRACE_ID: expect.stringMatching(/^Root=1-[\da-f-]+;Parent=[\da-f]{16};Sampled=0$/),
    })
    expect(PATH).toContain('/usr/bin')
    expect(NODE_PATH).toContain('/opt/nodejs/node_modules')
    expect(LAMBDA_TASK_ROOT?.startsWith(tmpdir())).toBe(true)
    expect(AWS_LAMBDA_RUNTIME_API).toMatch(/^127\.0\.0\.1:\d+$/)
    expect(AWS_LAMBDA_LOG_STREAM_NAME).toContain('[$LATEST]')
  })

  test('find the packages of their layers and no package of the repository', async () => {
    const response = await fetch(`${stack.url}/layer`)
    expect(await response.json()).toEqual({ greeting: 'hello from the layer', yaml: false })
  })
})

describe('a Lambda service', () => {
  let scratch: string
  let service: LambdaService
  const models = loadTemplate(join(import.meta.dirname, 'fixtures/template.yaml')).functions
  const payload = Buffer.from('{}')

  async function deploy(source: string, options: { maxWorkers?: number; timeoutSeconds?: number } = {}) {
    await writeFile(join(scratch, 'buffered.js'), source)
    const artifacts = { taskDirectory: scratch, layerDirectories: [] }
    const functions = models
      .filter(({ functionName }) => functionName === 'EchoFunction')
      .flatMap((model) => [model, { ...model, functionName: 'Sibling' }])
      .map((model) => ({ model: { ...model, timeoutSeconds: options.timeoutSeconds ?? 10 }, artifacts }))
    service = await createLambdaService({ functions, region: 'us-east-1', ...options })
    return artifacts
  }

  beforeEach(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'workers-test-'))
  })
  afterEach(async () => {
    await service.close()
    await rm(scratch, { recursive: true })
  })

  test('rejects waiting invocations with the init error, and recovers after a reload', async () => {
    const artifacts = await deploy('throw new RangeError("at start")')
    await expect(service.invoke('EchoFunction', payload)).rejects.toMatchObject({
      errorType: 'RangeError',
      message: 'at start',
    })
    await writeFile(join(scratch, 'buffered.js'), 'exports.echo = async () => "recovered"')
    await service.reload('EchoFunction', artifacts)
    expect((await service.invoke('EchoFunction', payload)).payload.toString()).toBe('"recovered"')
  })

  test('ends a running invocation on the old code while later ones run the new code', async () => {
    const artifacts = await deploy('exports.echo = async ({ wait }) => (await fetch(wait), "old")')
    const gate = await createGate()
    const wait = decodeURIComponent(gate.url)
    const old = service.invoke('EchoFunction', Buffer.from(JSON.stringify({ wait })))
    await gate.reached
    await writeFile(join(scratch, 'buffered.js'), 'exports.echo = async () => "new"')
    await service.reload('EchoFunction', artifacts)
    expect((await service.invoke('EchoFunction', payload)).payload.toString()).toBe('"new"')
    gate.open()
    expect((await old).payload.toString()).toBe('"old"')
    gate.close()
  })

  test('queues invocations without a worker in order', async () => {
    await deploy('let count = 0; exports.echo = async () => (count += 1)', { maxWorkers: 1 })
    const answers = await Promise.all(Array.from({ length: 5 }, () => service.invoke('EchoFunction', payload)))
    expect(answers.map((answer) => Number(answer.payload))).toEqual([1, 2, 3, 4, 5])
    expect(answers.map(({ cold }) => cold)).toEqual([true, false, false, false, false])
  })

  test('ends an idle worker if another function needs its place', async () => {
    await deploy('exports.echo = async () => process.pid', { maxWorkers: 1 })
    const isAlive = (payload: Buffer) => existsSync(`/proc/${payload}`)
    const first = await service.invoke('EchoFunction', payload)
    const [second, third] = await Promise.all([service.invoke('Sibling', payload), service.invoke('Sibling', payload)])
    expect(second.cold).toBe(true)
    expect(third.payload).toEqual(second.payload)
    expect(second.payload).not.toEqual(first.payload)
    if (process.platform === 'linux') expect([isAlive(first.payload), isAlive(second.payload)]).toEqual([false, true])
    expect((await service.invoke('EchoFunction', payload)).cold).toBe(true)
  })

  test.each([1, 3])('gives every function a worker while another one is busy: %i workers', async (room) => {
    await deploy('exports.echo = async () => process.pid', { maxWorkers: room })
    let isAnswered = false
    const busy = Array.from({ length: 8 }, async () => {
      while (!isAnswered) await service.invoke('EchoFunction', payload)
    })
    await service.invoke('EchoFunction', payload)
    // Fails by the test's time limit if the busy function keeps its workers.
    for (let count = 0; count < 3; count += 1) await service.invoke('Sibling', payload)
    isAnswered = true
    await Promise.all(busy)
  })

  test('refuses an invocation when the queue is full, and removes a cancelled one from the queue', async () => {
    await deploy('exports.echo = async ({ wait }) => wait && (await fetch(wait))', { maxWorkers: 1 })
    const gate = await createGate()
    const wait = decodeURIComponent(gate.url)
    const running = service.invoke('EchoFunction', Buffer.from(JSON.stringify({ wait })))
    await gate.reached
    const goesAway = new AbortController()
    const waiting = Array.from({ length: 1000 }, () =>
      service.invoke('EchoFunction', payload, { signal: goesAway.signal }).catch((error: Error) => error.name),
    )
    await expect(service.invoke('EchoFunction', payload)).rejects.toMatchObject({ name: 'TooManyRequestsException' })
    goesAway.abort()
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['InvocationAbandoned']))
    gate.open()
    await running
    gate.close()
  })

  test('refuses an event over 6 MB and an unknown function', async () => {
    await deploy('exports.echo = async () => 1')
    await expect(service.invoke('EchoFunction', Buffer.alloc(6_291_457))).rejects.toMatchObject({
      name: 'RequestTooLargeException',
    })
    await expect(service.invoke('Nobody', payload)).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  })

  test('names the limit that a function exceeded', async () => {
    await deploy('exports.echo = () => new Promise(() => setInterval(() => {}, 1000))', { timeoutSeconds: 1 })
    await expect(service.invoke('EchoFunction', payload)).rejects.toMatchObject({
      errorType: 'Sandbox.Timedout',
      message: expect.stringMatching(/^RequestId: [\da-f-]{36} Error: Task timed out after 1\.00 seconds$/),
    })
  })

  test('answers when a function destroys its stream before the first byte', async () => {
    await deploy('exports.echo = awslambda.streamifyResponse(async (_, stream) => { stream.destroy() })')
    await expect(service.invoke('EchoFunction', payload)).rejects.toMatchObject({ name: 'FunctionError' })
  })

  describe('with a failing streaming handler', () => {
    const stream = async (code: string) => {
      await deploy(
        `exports.echo = awslambda.streamifyResponse(async (_, stream) => { ${code} throw new TypeError('x') })`,
      )
    }

    test.each([
      ['before its first byte', '', ''],
      ['after it', "stream.write('some');", 'some'],
    ])('answers Invoke with the written bytes and no error: %s', async (_when, code, written) => {
      await stream(code)
      expect((await service.invoke('EchoFunction', payload)).payload.toString()).toBe(written)
    })

    test('ends a streamed answer with the error', async () => {
      await stream("stream.write('some');")
      const { body } = await service.invokeWithResponseStream('EchoFunction', payload)
      const chunks: string[] = []
      const read = async () => {
        for await (const chunk of body) chunks.push(String(chunk))
      }
      await expect(read()).rejects.toMatchObject({ name: 'FunctionError', errorType: 'TypeError' })
      expect(chunks).toEqual(['some'])
    })
  })

  test('leaves no directory behind', async () => {
    await deploy('exports.echo = async () => process.env.LAMBDA_TASK_ROOT')
    const directory = JSON.parse((await service.invoke('EchoFunction', payload)).payload.toString())
    expect(await readdir(directory)).toEqual(['buffered.js'])
    await service.close()
    await expect(readdir(directory)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

/** False for a zombie, too: a container may have no init process that waits for it. */
function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0)
    return process.platform !== 'linux' || !/^State:\s+Z/m.test(readFileSync(`/proc/${processId}/status`, 'utf8'))
  } catch {
    return false
  }
}

test('idle and busy workers end when their supervisor is killed', async () => {
  const scratch = await mkdtemp(join(tmpdir(), 'supervisor-test-'))
  const script = join(import.meta.dirname, 'fixtures/supervisor.ts')
  const supervisor = spawn(process.execPath, ['--conditions=@bedrock-functions/source', script], {
    env: { ...process.env, TMPDIR: scratch },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [output] = await once(supervisor.stdout, 'data')
  const workers = JSON.parse(String(output)) as number[]
  expect(workers.map(isRunning)).toEqual([true, true])
  supervisor.kill('SIGKILL')
  await once(supervisor, 'exit')
  // Fails by the test's time limit.
  while (workers.some(isRunning)) await new Promise((resolve) => setTimeout(resolve, 10))
  await rm(scratch, { recursive: true })
})
