import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type InvocationDraft, InvocationStore } from '../../../local/bedrock/async-invoke/invocation-store.ts'

let directory: string
let store: InvocationStore

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'invocation-store-'))
  store = await InvocationStore.open(directory)
})
afterEach(async () => {
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

function draft(name: string): InvocationDraft {
  return {
    invocationArn: name,
    modelArn: 'arn',
    clientRequestToken: `token-${name}`,
    requestHash: 'hash',
    outputDataConfig: {},
    work: { modelId: 'model', modelInput: { text: 'a dog' }, dueTime: 3_000 },
  }
}

async function reopen(): Promise<void> {
  await store.close()
  store = await InvocationStore.open(directory)
}

test('an invocation ends once and then drops its input', async () => {
  store.add(draft('a'), 1_000)
  store.end('a', { status: 'Failed', failureMessage: 'No.' }, 2_000)
  store.end('a', { status: 'Completed' }, 3_000)
  const ended = { ...draft('a'), sequence: 1, submitTime: 1_000, lastModifiedTime: 2_000, endTime: 2_000 }
  const { work: _work, ...expected } = { ...ended, status: 'Failed', failureMessage: 'No.' }

  expect(store.find('a')).toEqual(expected)
  await reopen()
  expect(store.find('a')).toEqual(expected)
})

test('a clock that is set back does not change the order', async () => {
  store.add(draft('a'), 5_000)
  await reopen()
  store.add(draft('b'), 1_000)
  store.end('b', { status: 'Completed' }, 2_000)

  expect(store.all.map(({ sequence, submitTime }) => [sequence, submitTime])).toEqual([
    [1, 5_000],
    [2, 5_000],
  ])
  expect(store.find('b')?.endTime).toBe(5_000)
})

test('the journal is compacted and keeps every invocation', async () => {
  const names = Array.from({ length: 2_500 }, (_, index) => `job-${index}`)
  for (const name of names) {
    store.add(draft(name), 1_000)
    store.end(name, { status: 'Completed' }, 2_000)
  }
  const lines = (await readFile(join(directory, 'async-invocations.jsonl'), 'utf8')).split('\n').length - 1

  expect(lines).toBeLessThanOrEqual(1.5 * names.length + 1_000)
  await reopen()
  expect(store.all.map(({ invocationArn }) => invocationArn)).toEqual(names)
  expect(store.findByToken('token-job-2499')?.status).toBe('Completed')
})
