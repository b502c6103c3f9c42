import { encodeEvent, encodeException, FrameReader } from '@bedrock-functions/runtime/event-stream'
import { followConverse } from '../../../../layers/runtime/src/bedrock/read-usage.ts'
import { followFrames } from '../../../../layers/runtime/src/pipeline/activity/follow-frames.ts'

function frames(...encoded: Buffer[]) {
  return new FrameReader().push(Buffer.concat(encoded))
}

const delta = encodeEvent('contentBlockDelta', '{"contentBlockIndex":0,"delta":{"text":"Hi"}}')
const messageStop = encodeEvent('messageStop', '{"stopReason":"end_turn"}')
const metadata = encodeEvent('metadata', '{"usage":{"inputTokens":8,"outputTokens":2}}')

test('progress is unchanged, and the events are recorded', () => {
  const followed = followFrames(followConverse(), 10_000)
  const { progress } = followed
  expect([progress.begun, progress.complete]).toEqual([false, false])
  for (const frame of frames(delta, messageStop, metadata)) expect(progress.observe(frame)).toBeUndefined()
  expect(progress).toMatchObject({
    begun: true,
    complete: true,
    endMarker: 'messageStop and metadata',
    usage: { inputTokens: 8, outputTokens: 2 },
  })
  expect(followed.events.map(({ name, payload }) => [name, payload.toString()])).toEqual([
    ['contentBlockDelta', '{"contentBlockIndex":0,"delta":{"text":"Hi"}}'],
    ['messageStop', '{"stopReason":"end_turn"}'],
    ['metadata', '{"usage":{"inputTokens":8,"outputTokens":2}}'],
  ])
  expect(followed.isCut).toBe(false)
})

test('a failure is not an event', () => {
  const followed = followFrames(followConverse(), 10_000)
  const [failure] = frames(encodeException('ThrottlingException', { message: 'no' }))
  expect(failure && followed.progress.observe(failure)).toEqual({ type: 'ThrottlingException' })
  expect(followed.events).toEqual([])
})

test('events above the limit are not kept for a stream of any length', () => {
  const followed = followFrames(followConverse(), 1000)
  for (let count = 0; count < 10_000; count += 1) for (const frame of frames(delta)) followed.progress.observe(frame)
  for (const frame of frames(messageStop, metadata)) followed.progress.observe(frame)
  expect(followed.events.length).toBeGreaterThan(3)
  expect(followed.events.reduce((sum, { payload }) => sum + payload.length, 0)).toBeLessThanOrEqual(1000)
  expect(followed.isCut).toBe(true)
  expect(followed.progress.complete).toBe(true)
})

test('a kept payload does not keep the piece in which it came', () => {
  const followed = followFrames(followConverse(), 10_000)
  const [frame] = frames(Buffer.concat([delta, Buffer.alloc(0)]))
  if (frame) followed.progress.observe(frame)
  frame?.payload.fill(0)
  expect(followed.events[0]?.payload.toString()).toContain('"Hi"')
})
