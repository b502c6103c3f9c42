import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROUNDS = 6
const MAX_WAIT_MS = 30_000

let directory: string
let child: ChildProcess
let accepted: Set<number>
let offered: number

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'asynchronous-crash-'))
  accepted = new Set()
  offered = 0
})
afterAll(async () => {
  await kill()
  await rm(directory, { recursive: true, force: true })
})

async function start(): Promise<void> {
  child = fork(
    join(import.meta.dirname, 'fixtures/queue-process.ts'),
    [join(directory, 'queue'), join(directory, 'log')],
    { execArgv: ['--disable-warning=ExperimentalWarning'] },
  )
  child.on('message', (message: { accepted?: number }) => {
    if (message.accepted !== undefined) accepted.add(message.accepted)
  })
  await once(child, 'message')
}

async function kill(): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

function offer(): void {
  offered += 1
  child.send({ job: offered, functionName: functionOf(offered) })
}

const functionOf = (job: number) => (job % 5 === 0 ? 'Failing' : 'Job')

interface LogEntry {
  readonly type: 'done' | 'recorded'
  readonly job: number
  readonly requestId?: string
}

function readLog(): LogEntry[] {
  const file = join(directory, 'log')
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []
  return lines.map((line) => JSON.parse(line))
}

/** Checks in every turn of the event loop, with a time limit, because a lost event never comes. */
async function until(isTrue: () => boolean): Promise<void> {
  const end = performance.now() + MAX_WAIT_MS
  while (!isTrue()) {
    if (performance.now() > end) throw new Error(`accepted ${accepted.size} of ${offered}, logged ${readLog().length}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test(`every accepted event was invoked or is in the failure queue after ${ROUNDS} kills during invocations`, async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    await start()
    for (let count = 0; count < 40; count += 1) offer()
    const enough = accepted.size + 10 + Math.floor(Math.random() * 30)
    await until(() => accepted.size >= enough)
    await kill()
  }
  await start()
  // If a kill lost the acceptance of an event, it may be sent again, because it has an id.
  const unknown = Array.from({ length: offered }, (_, index) => index + 1).filter((job) => !accepted.has(job))
  for (const job of unknown) child.send({ job, functionName: functionOf(job) })
  await until(() => accepted.size === offered)

  const isAsExpected = ({ type, job }: LogEntry) => type === (functionOf(job) === 'Job' ? 'done' : 'recorded')
  await until(() => new Set(readLog().map(({ job }) => job)).size === offered)
  const log = readLog()
  expect(log.filter((entry) => !isAsExpected(entry))).toEqual([])
  // Only invocations that ran during a kill are repeated, with the same request id.
  const requestIds = Map.groupBy(log, ({ job }) => job)
  for (const entries of requestIds.values()) expect(new Set(entries.map(({ requestId }) => requestId)).size).toBe(1)
  expect(log.length - offered).toBeLessThanOrEqual(ROUNDS * 10)
}, 120_000)
