import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningStack, startStack } from '../support/start-stack.ts'

const CONVERSE = '/model/global.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse'

/** Text in every prompt and answer of this file. It must be nowhere else. */
const MARKER = `planted-${process.pid}-${Date.now()}`

let stack: RunningStack
let stateDirectory: string
beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), 'load-'))
  stack = await startStack({ stateDirectory, arguments: ['--parameter-overrides', 'LogLevel=DEBUG'] })
}, 60_000)
afterAll(async () => {
  await stack.stop()
  await rm(stateDirectory, { recursive: true })
})

function converse(text: string): Promise<Response> {
  const body = JSON.stringify({ messages: [{ role: 'user', content: [{ text: `${MARKER} ${text}` }] }] })
  return fetch(stack.api + CONVERSE, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
}

/** Counts processes of the runtime interface client among the stack's children (Linux). */
function countWorkers(): number {
  const parentOf = (pid: string) =>
    / \S+ (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/\(.*\)/, ''))?.[1]
  const isWorker = (pid: string) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('aws-lambda-ric')
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && parentOf(pid) === String(stack.process.pid) && isWorker(pid)
    } catch {
      return false
    }
  }).length
}

test('1,000 requests at concurrency 20 all succeed with at most 20 workers', async () => {
  let next = 0
  let mostWorkers = 0
  const statuses = new Map<number, number>()
  const client = async () => {
    while (next < 1000) {
      const index = next
      next += 1
      const response = await converse(`request ${index}`)
      await response.arrayBuffer()
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
      if (index % 100 === 0 && process.platform === 'linux') mostWorkers = Math.max(mostWorkers, countWorkers())
    }
  }
  await Promise.all(Array.from({ length: 20 }, client))
  expect([...statuses]).toEqual([[200, 1000]])
  expect(mostWorkers).toBeLessThanOrEqual(20)
  if (process.platform === 'linux') expect(mostWorkers).toBeGreaterThan(1)
}, 120_000)

test('no prompt or answer is in a log line, for any outcome and log level', async () => {
  const outcomes = [
    'Hi',
    '[emulator:error=ValidationException]',
    '[emulator:error=InternalServerException]',
    `[emulator:say=${MARKER}]`,
  ]
  for (const outcome of outcomes) await (await converse(outcome)).arrayBuffer()
  await fetch(stack.api + CONVERSE, { method: 'POST', body: `{"messages": ${MARKER}` })
  await stack.stop()
  const directory = join(stateDirectory, 'logs')
  const logs = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'))
  // The calls are in the log, and their content is not.
  expect(logs.join('')).toContain('Converse answered')
  expect(logs.join('')).toContain('Converse ended with ValidationException')
  expect(logs.join('')).toContain('Converse ended with InternalServerException')
  expect(logs.join('') + stack.output()).not.toContain(MARKER)
}, 60_000)
