import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { type RunningStack, startStack } from '../../support/start-stack.ts'
import { type Collector, createCollector, until } from './support/collector.ts'

const ROUNDS = 3
const WRITERS = 4

let collector: Collector
let stateDirectory: string
let stack: RunningStack

beforeAll(async () => {
  collector = await createCollector()
  stateDirectory = await mkdtemp(join(tmpdir(), 'events-crash-test-'))
})
afterAll(async () => {
  await stack?.stop()
  collector.close()
  await rm(stateDirectory, { recursive: true, force: true })
})

const start = async () => {
  stack = await startStack({
    stateDirectory,
    ...(stack && { port: stack.port }),
    readyPath: '/ping',
    arguments: [
      ...['--template', join(import.meta.dirname, 'fixtures/events.yaml')],
      ...['--parameter-overrides', `Collector=${collector.url}`],
    ],
  })
}

const accepted = new Set<string>()
let next = 0

/** Puts objects and events until the stack has ended, and collects the accepted ones. */
async function write(): Promise<void> {
  const common = { region: 'us-east-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' }, maxAttempts: 1 }
  const s3 = new S3Client({ ...common, endpoint: stack.s3 })
  const eventBridge = new EventBridgeClient({ ...common, endpoint: stack.eventBridge })
  for (;;) {
    next += 1
    const name = `inbox/${next}`
    try {
      if (next % 2 === 0) await s3.send(new PutObjectCommand({ Bucket: 'local-jobs', Key: name, Body: name }))
      else {
        const Entries = [{ Source: 'tests', DetailType: 'Asked', Detail: JSON.stringify({ name }) }]
        const { FailedEntryCount } = await eventBridge.send(new PutEventsCommand({ Entries }))
        if (FailedEntryCount !== 0) continue
      }
      accepted.add(name)
    } catch {
      return
    }
  }
}

const arrived = () => new Set(collector.collected.map(({ event }): string => event.name ?? event.detail.object.key))

test(`a stack that is killed ${ROUNDS} times delivers every accepted event`, async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    // The function has some events when the stack is killed, and must get them again.
    collector.answer(round % 2 === 0 ? 'hold' : 'succeed')
    await start()
    const enough = accepted.size + 20 + Math.floor(Math.random() * 40)
    const writers = Array.from({ length: WRITERS }, write)
    await until(() => accepted.size >= enough)
    await Promise.all([stack.kill(), ...writers])
  }
  const beforeLast = new Set(accepted)
  const before = collector.collected.length
  collector.answer('succeed')
  await start()
  await until(() => {
    const names = arrived()
    return [...accepted].every((name) => names.has(name))
  })
  expect(accepted).toEqual(beforeLast)
  // Events that the function had at the last kill, and waiting events.
  expect(collector.collected.length).toBeGreaterThan(before)
}, 120_000)

test('a second stack with the same state is refused with the remedy', async () => {
  await expect(
    startStack({ stateDirectory, arguments: ['--template', join(import.meta.dirname, 'fixtures/template.yaml')] }),
  ).rejects.toThrow(`Another running local stack uses ${stateDirectory}. Stop it, or`)
})
