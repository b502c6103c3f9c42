import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreeBlock } from '../../../local/free-ports.ts'
import { createDualProtocolServer } from '../../../local/net/dual-protocol-server.ts'
import {
  type EmulatorSurroundings,
  type LocalStack,
  type LocalStackEvents,
  type LocalStackOptions,
  startLocalStack,
} from '../../../local/start-local-stack.ts'
import { loadTemplate } from '../../../local/template/load-template.ts'

const TEMPLATE = `
Transform: AWS::Serverless-2016-10-31
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: code, Handler: index.handler, Runtime: nodejs24.x }
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      DefinitionBody:
        paths:
          /:
            get:
              x-amazon-apigateway-integration:
                type: aws_proxy
                httpMethod: POST
                uri: !Sub arn:aws:apigateway:\${AWS::Region}:lambda:path/2015-03-31/functions/\${Function.Arn}/invocations
`
const answering = (text: string) => `exports.handler = async () => ({ statusCode: 200, body: '${text}' })`

let directory: string
let stack: LocalStack | undefined
const seen: string[] = []
let onEvent: (event: string) => void = () => {}

/** Resolves to the first event with this beginning. */
function sees(beginning: string): Promise<string> {
  return new Promise((resolve) => {
    onEvent = (event) => event.startsWith(beginning) && resolve(event)
  })
}

const tell = (event: string) => {
  seen.push(event)
  onEvent(event)
}

const events: LocalStackEvents = {
  onRequest: () => {},
  onBedrockRequest: () => {},
  onInvocation: () => {},
  onPublished: () => {},
  onExecution: () => {},
  onMapRun: () => {},
  onFault: (part, error) => tell(`fault of ${part}: ${error}`),
  onLog: () => {},
  onInitFailed: (functionName, error) => tell(`init failed ${functionName}: ${error.message}`),
  onReloaded: (functionNames) => tell(`reloaded ${functionNames.join()}`),
  onBuildFailed: (error) => tell(`build failed: ${error.message}`),
  onTemplateChanged: (paths) => tell(`template changed: ${paths.join()}`),
}

async function start(options: Partial<LocalStackOptions> = {}): Promise<LocalStack> {
  stack = await startLocalStack({
    template: loadTemplate(join(directory, 'template.yaml')),
    port: 0,
    build: async () =>
      new Map([['Function', { directory: join(directory, 'code'), inputs: [join(directory, 'code')] }]]),
    createEmulator: () => createDualProtocolServer((_request, response) => response.end()),
    environment: {},
    stateDirectory: join(directory, 'state'),
    events,
    ...options,
  })
  return stack
}

const source = (text: string) => writeFile(join(directory, 'code/index.js'), text)
const answer = async () => (await fetch(`${stack?.apiUrl}/`)).text()

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'local-stack-test-'))
  await writeFile(join(directory, 'template.yaml'), TEMPLATE)
  await mkdir(join(directory, 'code'))
})
afterEach(async () => {
  await stack?.close()
  stack = undefined
  await rm(directory, { recursive: true })
})

test('a changed source is served, also after an init error', async () => {
  await source('throw new Error("broken")')
  const failed = sees('init failed')
  await start()
  expect(await failed).toBe('init failed Function: broken')
  expect(await answer()).toBe('{"message":"Internal server error"}')

  const reloaded = sees('reloaded')
  await source(answering('repaired'))
  expect(await reloaded).toBe('reloaded Function')
  expect(await answer()).toBe('repaired')
})

test('the old code stays if a build fails', async () => {
  await source(answering('old'))
  let isBroken = false
  await start({
    build: async () => {
      if (isBroken) throw new Error('index.js:1:2: unexpected end of file')
      return new Map([['Function', { directory: join(directory, 'code'), inputs: [join(directory, 'code')] }]])
    },
  })
  isBroken = true
  const failed = sees('build failed')
  await source('exports.')
  expect(await failed).toBe('build failed: index.js:1:2: unexpected end of file')
  expect(await answer()).toBe('old')
})

test('a changed template or definition is reported, and the stack continues with the old one', async () => {
  const machine = `
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties: { Type: EXPRESS, DefinitionUri: machine.asl.json }
`
  await writeFile(join(directory, 'template.yaml'), TEMPLATE + machine)
  await writeFile(
    join(directory, 'machine.asl.json'),
    '{"QueryLanguage":"JSONata","StartAt":"Only","States":{"Only":{"Type":"Pass","End":true}}}',
  )
  await source(answering('x'))
  await start()

  const templateChanged = sees('template changed')
  await writeFile(join(directory, 'template.yaml'), 'broken')
  expect(await templateChanged).toBe(`template changed: ${join(directory, 'template.yaml')}`)
  const definitionChanged = sees('template changed')
  await writeFile(join(directory, 'machine.asl.json'), '{}')
  expect(await definitionChanged).toBe(`template changed: ${join(directory, 'machine.asl.json')}`)
  expect(await answer()).toBe('x')
})

test('the output of a function is in its own file', async () => {
  await source(`console.log('a line'); ${answering('x')}`)
  await start()
  await answer()
  await stack?.close()
  expect(await readFile(join(directory, 'state/logs/Function.log'), 'utf8')).toMatch(/\tINFO\ta line\n/)
})

test('a port in use is reported with a free block, and nothing stays running', async () => {
  await source(answering('x'))
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  await expect(start({ port })).rejects.toThrow(
    new RegExp(
      `^Port ${port}, for the API in the block from ${port}, is in use. The block from (\\d+) is free: npm start -- --port \\1$`,
    ),
  )
  other.close()
})

test('a second function URL is refused by name, since in AWS each one has its own host', async () => {
  const second = TEMPLATE.match(/ {2}Function:[\s\S]*?(?= {2}Api:)/)?.[0].replace('Function:', 'Second:') ?? ''
  const urls = ['Function', 'Second'].map(
    (name) =>
      `  ${name}Url: { Type: AWS::Lambda::Url, Properties: { TargetFunctionArn: !Ref ${name}, AuthType: NONE } }\n`,
  )
  await writeFile(join(directory, 'template.yaml'), TEMPLATE + second + urls.join(''))
  await expect(start()).rejects.toThrow('Second: a second function URL is not supported by the local stack')
})

describe('npm start', () => {
  const ROOT = join(import.meta.dirname, '../../..')
  const run = (...words: string[]) =>
    spawn(process.execPath, ['--conditions=@bedrock-functions/source', 'local/main.ts', ...words], {
      cwd: ROOT,
      env: { ...process.env, TMPDIR: directory },
    })

  /** Starts again on other ports if another process has taken these. */
  async function serve() {
    for (;;) {
      const port = await findFreeBlock()
      const child = run('--port', String(port), '--template', join(directory, 'fixtures/template.yaml'))
      let printed = ''
      const isServing = await new Promise<boolean>((resolve) => {
        child.stdout.on('data', (chunk) => {
          printed += chunk
          if (printed.includes('Try it:')) resolve(true)
        })
        child.once('exit', () => resolve(false))
      })
      if (isServing) return { child, port, output: () => printed }
    }
  }

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'ends with %s even if clients are connected, and leaves no process or directory',
    async (signal) => {
      await cp(join(import.meta.dirname, 'fixtures'), join(directory, 'fixtures'), { recursive: true })
      const { child, port, output } = await serve()
      const worker = (await (await fetch(`http://127.0.0.1:${port}/process-id`)).json()) as number

      // A client in the middle of its request. The stack does not wait for it.
      const client = connect(port, '127.0.0.1')
      client.write('POST / HTTP/1.1\r\n')
      await once(client, 'connect')
      client.on('error', () => {})

      child.kill(signal)
      // The terminal and the launcher both send the signal.
      child.kill(signal)
      const [code] = await once(child, 'close')
      expect(code).toBe(0)
      expect(() => process.kill(worker, 0)).toThrow('ESRCH')
      expect((await readdir(directory)).filter((name) => name.startsWith('lambda-'))).toEqual([])
      expect(output()).toMatch(/^\d\d:\d\d:\d\d GET \/process-id 200 \d+ ms ProcessIdFunction( cold)?$/m)
    },
  )

  test.each([
    [['--prot', '1'], /Unknown option '--prot'/],
    [['--port', 'x'], /--port is "x", it must be a whole number from 1 to \d+/],
    [['--parameter-overrides', 'Nobody=1'], /parameter Nobody: the template declares no such parameter/],
  ])('%j is an error that names the mistake', async (words, message) => {
    const child = run(...words)
    let printed = ''
    child.stderr.on('data', (chunk) => {
      printed += chunk
    })
    const [code] = await once(child, 'close')
    expect(code).toBe(1)
    expect(printed).toMatch(message)
    expect(printed).not.toMatch(/^ {4}at /m)
  })
})

test('an event of Bedrock reaches the bus', async () => {
  await source(answering('quiet'))
  const published: object[] = []
  let surroundings: EmulatorSurroundings | undefined
  await start({
    createEmulator(given) {
      surroundings = given
      return createDualProtocolServer((_request, response) => response.end())
    },
    events: { ...events, onPublished: (event) => published.push(event) },
  })
  const event = { source: 'aws.bedrock', detailType: 'Batch', detail: { status: 'Completed' }, resources: [], time: 0 }
  await surroundings?.onEvent(event)
  expect(published).toEqual([event])
})
