import { encodeEvent, type Frame, FrameReader } from '@bedrock-functions/runtime/event-stream'
import { anthropicMessages } from '../../../../layers/runtime/src/doors/anthropic/index.ts'
import type { DoorWay } from '../../../../layers/runtime/src/doors/door.ts'
import { EventReader } from '../../../../layers/runtime/src/event-stream/server-sent-events.ts'
import { HAIKU, NOVA } from './support.ts'

const request = {
  headers: {},
  query: {},
  body: Buffer.from('{"model":"haiku","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}'),
}
const MESSAGE = '{"id":"m", "model":"claude-haiku-4-5-20251001","content":[{"n":12345678901234567890}]}'
const CONVERSE = '{"output":{"message":{"role":"assistant","content":[{"text":"x"}]}},"stopReason":"end_turn"}'
const START = `{"type":"message_start","message":${MESSAGE}}`

const chunk = (event: string): Frame[] =>
  new FrameReader().push(encodeEvent('chunk', JSON.stringify({ bytes: Buffer.from(event).toString('base64') })))

test.each<[DoorWay, string, Frame[]]>([
  ['bedrock', MESSAGE, new EventReader().push(Buffer.from(`event: message_start\ndata: ${START}\n\n`))],
  ['native', MESSAGE, chunk(START)],
  ['converse', CONVERSE, new FrameReader().push(encodeEvent('messageStart', '{"role":"assistant"}'))],
])('by the way %s, an answer has the model as the caller named it', (way, answer, frames) => {
  const { toAnswer, createFormat } = anthropicMessages.read(request).plan(way, { modelId: HAIKU })

  const { body } = toAnswer({ statusCode: 200, headers: {}, body: Buffer.from(answer) })
  expect(Buffer.from(body).toString()).toContain('"model":"haiku"')

  const [, event = ''] = /^event: message_start\ndata: (.*)\n\n$/.exec(createFormat().encode(frames).toString()) ?? []
  expect(JSON.parse(event).message.model).toBe('haiku')
  if (way !== 'converse') expect(event).toBe(START.replace('claude-haiku-4-5-20251001', 'haiku'))
})

test('the answer of a fallback has the id of its model', () => {
  const asked = anthropicMessages.read(request)
  asked.plan('converse', { modelId: HAIKU })
  const { toAnswer } = asked.plan('converse', { modelId: NOVA })
  const { body } = toAnswer({ statusCode: 200, headers: {}, body: Buffer.from(CONVERSE) })
  expect(JSON.parse(Buffer.from(body).toString()).model).toBe(NOVA)
})
