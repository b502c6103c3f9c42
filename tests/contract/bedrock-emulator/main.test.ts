import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

const ROOT = resolve(import.meta.dirname, '../../..')

function start(port: string): ChildProcess {
  return spawn(process.execPath, ['scripts/node24.cjs', 'local/bedrock/main.ts', '--port', port], { cwd: ROOT })
}

test('starts alone, prints a curl line that works, logs a line and stops on SIGTERM', async () => {
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

test('says which port is busy', async () => {
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
