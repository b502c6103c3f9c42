import { encodeEvent, type Frame, FrameReader } from '@bedrock-functions/runtime/event-stream'
import { anthropicMessages } from '../../../layers/runtime/src/doors/anthropic/index.ts'
import type { Door, DoorWay } from '../../../layers/runtime/src/doors/door.ts'
import { chatCompletions } from '../../../layers/runtime/src/doors/openai-chat/index.ts'
import { EventReader } from '../../../layers/runtime/src/event-stream/server-sent-events.ts'

const REQUEST = { model: 'm', max_tokens: 9, stream: true, messages: [{ role: 'user', content: 'Hi' }] }
const CLAUDE = 'global.anthropic.claude-haiku-4-5-20251001-v1:0'

const converse = (): Frame[] =>
  new FrameReader().push(
    Buffer.concat([
      encodeEvent('messageStop', '{"stopReason":"end_turn"}'),
      encodeEvent('metadata', '{"usage":{"inputTokens":1,"outputTokens":1,"totalTokens":2}}'),
    ]),
  )
const native = (): Frame[] => {
  const bytes = Buffer.from('{"type":"message_stop"}').toString('base64')
  return new FrameReader().push(encodeEvent('chunk', JSON.stringify({ bytes })))
}
const served = (text: string) => (): Frame[] => new EventReader().push(Buffer.from(text))
const message = served('event: message_stop\ndata: {"type":"message_stop"}\n\nevent: error\ndata: {"error":{}}\n\n')
const chunk = served('data: [DONE]\n\ndata: {"error":{"message":"late"}}\n\n')

test.each<[string, DoorWay, Door, () => Frame[], RegExp]>([
  ['Messages', 'converse', anthropicMessages, converse, /event: message_stop\ndata: \{"type":"message_stop"\}\n\n$/],
  ['Messages', 'native', anthropicMessages, native, /^event: message_stop\ndata: \{"type":"message_stop"\}\n\n$/],
  ['Messages', 'bedrock', anthropicMessages, message, /^event: message_stop\ndata: \{"type":"message_stop"\}\n\n$/],
  ['chat completions', 'converse', chatCompletions, converse, /data: \[DONE\]\n\n$/],
  ['chat completions', 'bedrock', chatCompletions, chunk, /^data: \[DONE\]\n\n$/],
])('nothing follows the last event of %s by the way %s', (_name, way, door, frames, last) => {
  const request = { headers: {}, query: {}, body: Buffer.from(JSON.stringify(REQUEST)) }
  const format = door.read(request).plan(way, { modelId: CLAUDE }).createFormat()
  expect(format.encode(frames()).toString()).toMatch(last)
  expect(format.encodeError('ModelStreamErrorException', 'The connection was reset.').toString()).toBe('')
})
