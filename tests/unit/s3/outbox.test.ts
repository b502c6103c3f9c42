import type { ObjectEvent } from '../../../local/s3/events/object-event.ts'
import { Outbox } from '../../../local/s3/events/outbox.ts'

const event = (id: string) => ({ id }) as ObjectEvent

beforeEach(() => jest.useFakeTimers())
afterEach(() => jest.useRealTimers())

function createOutbox(listener?: (event: ObjectEvent) => Promise<void> | void) {
  const acknowledged: string[] = []
  const outbox = new Outbox({ listener, onAcknowledged: (id) => acknowledged.push(id) })
  return { outbox, acknowledged, pending: () => [...outbox.pending].map(({ id }) => id) }
}

test('events wait for the start, and for ever without a listener', async () => {
  const { outbox, acknowledged, pending } = createOutbox()
  outbox.add(event('1'))
  outbox.start()
  await jest.runAllTimersAsync()
  expect([pending(), acknowledged]).toEqual([['1'], []])
})

test('events are delivered in order', async () => {
  const seen: string[] = []
  const { outbox, acknowledged, pending } = createOutbox((one) => void seen.push(one.id))
  const ids = Array.from({ length: 200 }, (_, index) => String(index))
  for (const id of ids) outbox.add(event(id))
  outbox.forget('7')
  outbox.start()
  await jest.runAllTimersAsync()
  expect(seen).toEqual(ids.filter((id) => id !== '7'))
  expect([acknowledged.length, pending()]).toEqual([199, []])
})

test('a refused event is offered again with growing delays, without holding up others', async () => {
  const attempts: number[] = []
  const start = Date.now()
  const { outbox, acknowledged } = createOutbox(({ id }) => {
    if (id !== 'refused') return
    attempts.push(Date.now() - start)
    if (attempts.length < 10) throw new Error('not now')
  })
  outbox.start()
  outbox.add(event('refused'))
  outbox.add(event('taken'))
  await jest.advanceTimersByTimeAsync(0)
  expect(acknowledged).toEqual(['taken'])
  await jest.runAllTimersAsync()
  expect(attempts).toEqual([0, 100, 300, 700, 1500, 3100, 6300, 12_700, 22_700, 32_700])
  expect(acknowledged).toEqual(['taken', 'refused'])
})

test('an event with the listener at the stop stays unacknowledged', async () => {
  const held = Promise.withResolvers<void>()
  const { outbox, acknowledged, pending } = createOutbox(() => held.promise)
  outbox.start()
  outbox.add(event('1'))
  await jest.advanceTimersByTimeAsync(0)
  outbox.stop()
  held.resolve()
  await jest.runAllTimersAsync()
  expect([acknowledged, pending()]).toEqual([[], ['1']])
})
