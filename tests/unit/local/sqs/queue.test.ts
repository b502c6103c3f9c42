import type { QueueRecord } from '../../../../local/sqs/model.ts'
import { createQueue } from '../../../../local/sqs/queue.ts'
import { QueueState } from '../../../../local/sqs/queue-state.ts'

beforeEach(() => jest.useFakeTimers())
afterEach(() => jest.useRealTimers())

function create() {
  const state = new QueueState()
  const options = { name: 'jobs', visibilityTimeoutSeconds: 30, messageRetentionSeconds: 60 }
  const queue = createQueue(options, { state, commit: (record: QueueRecord) => state.apply(record) })
  const receive = async (waitSeconds = 0, maxMessages = 10) => {
    const { signal } = new AbortController()
    const messages = await queue.receive({ maxMessages, visibilityTimeoutSeconds: 30, waitSeconds, signal })
    return messages.map(({ body }) => body)
  }
  return { state, queue, send: queue.send, receive }
}

test('a message is dropped after its retention, whether it waits or is in flight', async () => {
  const { state, queue, send, receive } = create()
  send('in flight')
  await receive()
  send('waiting')
  await jest.advanceTimersByTimeAsync(40_000)
  send('younger')
  await jest.advanceTimersByTimeAsync(20_001)
  expect(await receive()).toEqual(['younger'])
  expect(state.messagesOf('jobs').size).toBe(1)
  expect(queue.count()).toEqual({ visible: 0, inFlight: 1 })
  queue.close()
  expect(jest.getTimerCount()).toBe(0)
})

test('two waiting receivers get one message each', async () => {
  const { queue, send, receive } = create()
  const waiting = [receive(20, 1), receive(20, 1)]
  send('one')
  send('two')
  expect(await Promise.all(waiting)).toEqual([['one'], ['two']])
  queue.close()
  expect(jest.getTimerCount()).toBe(0)
})

test('a wait without a message ends after its seconds', async () => {
  const { receive } = create()
  let isOver = false
  const waiting = receive(5).then((messages) => {
    isOver = true
    return messages
  })
  await jest.advanceTimersByTimeAsync(4_999)
  expect(isOver).toBe(false)
  await jest.advanceTimersByTimeAsync(1)
  expect(await waiting).toEqual([])
})

test('a wait whose signal is aborted receives nothing', async () => {
  const { queue, send, receive } = create()
  const gone = new AbortController()
  const waiting = queue.receive({
    maxMessages: 1,
    visibilityTimeoutSeconds: 30,
    waitSeconds: 20,
    signal: gone.signal,
  })
  gone.abort()
  expect(await waiting).toEqual([])
  expect(jest.getTimerCount()).toBe(0)
  send('x')
  expect(await receive()).toEqual(['x'])
  queue.close()
})
