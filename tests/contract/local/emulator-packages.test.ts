import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { createBedrockEmulator } from '@bedrock-functions/bedrock-emulator'
import { createS3Server } from '@bedrock-functions/s3-emulator'

const ROOT = resolve(import.meta.dirname, '../../..')
const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' }

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'emulator-packages-'))
})

afterEach(() => rm(directory, { recursive: true, force: true }))

async function askForParis(endpoint: string): Promise<string | undefined> {
  const client = new BedrockRuntimeClient({ endpoint, region: 'us-east-1', credentials: CREDENTIALS })
  const messages = [{ role: 'user' as const, content: [{ text: 'What is the capital of France?' }] }]
  const { output } = await client.send(new ConverseCommand({ modelId: 'amazon.nova-lite-v1:0', messages }))
  client.destroy()
  return output?.message?.content?.[0]?.text
}

async function writeAndRead(endpoint: string): Promise<string | undefined> {
  const client = new S3Client({ endpoint, region: 'us-east-1', credentials: CREDENTIALS, forcePathStyle: true })
  await client.send(new PutObjectCommand({ Bucket: 'jobs', Key: 'a', Body: 'text' }))
  const { Body } = await client.send(new GetObjectCommand({ Bucket: 'jobs', Key: 'a' }))
  const text = await Body?.transformToString()
  client.destroy()
  return text
}

async function isServed(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  )
}

test('the Bedrock emulator starts from code on a free port, answers the SDK and stops', async () => {
  const emulator = createBedrockEmulator()
  const url = `http://127.0.0.1:${await emulator.listen(0)}`

  expect(await askForParis(url)).toContain('Paris')

  await emulator.close()
  expect(await isServed(url)).toBe(false)
})

test('the S3 emulator starts from code on a free port, keeps an object for the SDK and stops', async () => {
  const s3 = createS3Server({ directory, buckets: [{ name: 'jobs' }] })
  const url = `http://127.0.0.1:${await s3.listen(0)}`

  expect(await writeAndRead(url)).toBe('text')

  await s3.close()
  expect(await isServed(url)).toBe(false)
})

function run(script: string, ...options: string[]): ChildProcess {
  const { AWS_ENDPOINT_URL_S3: _shell, ...env } = process.env
  return spawn(process.execPath, ['scripts/node24.cjs', script, ...options], { cwd: ROOT, env })
}

/** Returns the URL in the first line, as the READMEs do. */
async function readUrl(child: ChildProcess): Promise<string> {
  const [line] = await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line')
  return /http:\/\/[\d.:]+/.exec(line)?.[0] ?? `no URL in ${line}`
}

async function stop(child: ChildProcess): Promise<number | null> {
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  return code
}

test('npm run s3 prints its URL in the first line, serves the given buckets and stops on SIGTERM', async () => {
  const child = run('local/s3/main.ts', '--state', directory, '--bucket', 'jobs', '--port', '0')
  const url = await readUrl(child)

  expect(await writeAndRead(url)).toBe('text')
  expect(await stop(child)).toBe(0)
})

test.each([
  [['--port', '0'], '--state is missing: the directory that holds buckets and objects\n'],
  [['--state', 'x', '--port', '70000'], '--port is "70000", it must be a whole number from 0 to 65535\n'],
])('npm run s3 with %j exits with 1 and names the mistake', async (options, expected) => {
  const child = run('local/s3/main.ts', ...options)
  const errors: string[] = []
  child.stderr?.on('data', (chunk) => errors.push(String(chunk)))
  const [code] = await once(child, 'close')
  expect([code, errors.join('')]).toEqual([1, expected])
})

describe('npm run build:emulators', () => {
  beforeAll(async () => {
    const [code] = await once(run('scripts/build-emulators.ts'), 'exit')
    expect(code).toBe(0)
  })

  test.each([
    ['local/bedrock', [], askForParis, 'Paris'],
    ['local/s3', ['--bucket', 'jobs'], writeAndRead, 'text'],
  ])('bundles %s into a command that runs without any package', async (folder, options, use, expected) => {
    const command = join(directory, 'main.cjs')
    await writeFile(command, await readFile(join(ROOT, folder, 'dist/main.cjs')))
    const child = run(command, '--state', join(directory, 'state'), '--port', '0', '--quiet', ...options)
    const url = await readUrl(child)

    expect(await use(url)).toContain(expected)
    expect(await stop(child)).toBe(0)
  })

  test.each(['bedrock', 's3'])(
    'names the files of %s also for tools that read no exports, such as node10',
    async (name) => {
      const folder = join(ROOT, 'local', name)
      const { main, types, exports } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))

      expect([main, types]).toEqual([exports['.'].default, exports['.'].types])
      await Promise.all([main, types].map((file) => access(join(folder, file))))
    },
  )

  test('writes declarations that TypeScript checks calls by, without any package of ours', async () => {
    for (const name of ['bedrock', 's3']) {
      const installed = join(directory, 'node_modules/@bedrock-functions', `${name}-emulator`)
      await cp(join(ROOT, 'local', name, 'dist'), join(installed, 'dist'), { recursive: true })
      await cp(join(ROOT, 'local', name, 'package.json'), join(installed, 'package.json'))
    }
    await cp(join(ROOT, 'node_modules/@types/node'), join(directory, 'node_modules/@types/node'), { recursive: true })
    await cp(join(ROOT, 'node_modules/undici-types'), join(directory, 'node_modules/undici-types'), { recursive: true })
    const lines = [
      "import { createBedrockEmulator, type Fault } from '@bedrock-functions/bedrock-emulator'",
      "import { createS3Server } from '@bedrock-functions/s3-emulator'",
      "const fault: Fault = { operation: 'Converse', directives: { stall: 1 } }",
      'createBedrockEmulator({ region: 1 }).setFault(fault)',
      "createS3Server({ directory: 'x', buckets: [{ named: 'y' }] })",
    ]
    await writeFile(join(directory, 'use.mts'), lines.join('\n'))
    const options = ['--strict', '--noEmit', '--target', 'es2022', '--module', 'nodenext', '--types', 'node']
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')

    const checked = await promisify(execFile)(process.execPath, [tsc, ...options, 'use.mts'], { cwd: directory }).catch(
      (error) => error,
    )

    const errors = String(checked.stdout).match(/^\S+\(\d+,\d+\): error \w+/gm)
    expect(errors).toEqual(['use.mts(4,25): error TS2322', 'use.mts(5,46): error TS2561'])
  })
})
