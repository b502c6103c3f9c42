import type { ModelCall } from '@bedrock-functions/runtime/core'
import { followDoor } from '../../../layers/runtime/src/bedrock/follow-door.ts'
import {
  followConverse,
  followInvokeModel,
  type StreamProgress,
} from '../../../layers/runtime/src/bedrock/read-usage.ts'
import { encodeEvent } from '../../../layers/runtime/src/event-stream/frame-codec.ts'
import { type Frame, FrameReader } from '../../../layers/runtime/src/event-stream/frames.ts'
import { createStreamMeter } from '../../../layers/runtime/src/pipeline/usage/stream-meter.ts'

const PRICE = { asOf: '2026-11-10', input: 1, output: 2 }
const TERMS = { mayWriteForAnHour: false, asksForTier: false, asksForSpeed: false }
/** Text of 40 bytes: 10 tokens by estimate. */
const TEXT = 'All the world is a stage, and all of us.'

type Operation = ModelCall['operation']

async function measure(
  progress: StreamProgress,
  operation: Operation,
  { body = {}, frames, ended }: { body?: object; frames: readonly Frame[]; ended: string },
) {
  const call = {
    operation,
    modelId: 'nova',
    headers: {},
    body: Buffer.from(JSON.stringify(body)),
    caller: undefined,
    replyHeaders: {},
  }
  const options = { call, terms: TERMS, findPrice: async () => PRICE, stated: {} }
  const meter = createStreamMeter(progress, options)
  for (const frame of frames) meter.progress.observe(frame)
  return meter.measure({ ended })
}

/** Frames of a Bedrock stream. */
const framesOf = (events: readonly (readonly [string, object])[]): Frame[] =>
  new FrameReader().push(Buffer.concat(events.map(([name, payload]) => encodeEvent(name, JSON.stringify(payload)))))

/** Event of another contract: its headers are its name. */
function doorFrame(name: string, document: object): Frame {
  const payload = Buffer.from(JSON.stringify(document))
  return { bytes: payload, headers: Buffer.from(name), payload }
}

const chunk = (document: object) =>
  ['chunk', { bytes: Buffer.from(JSON.stringify(document)).toString('base64'), p: 'abc' }] as const

const REQUEST = { messages: [{ role: 'user', content: [{ text: TEXT.repeat(10) }] }] }

test('a complete stream has the usage that Bedrock states', async () => {
  const frames = framesOf([
    ['contentBlockDelta', { contentBlockIndex: 0, delta: { text: TEXT } }],
    ['messageStop', { stopReason: 'end_turn' }],
    ['metadata', { usage: { inputTokens: 7, outputTokens: 3 } }],
  ])
  const counted = await measure(followConverse(), 'ConverseStream', { frames, ended: 'complete' })
  expect(counted).toEqual({ usage: { inputTokens: 7, outputTokens: 3 }, usd: 0.000013 })
})

test.each([
  ['client-gone', {}],
  ['ModelStreamErrorException', { kind: 'errors' }],
])(
  'a ConverseStream that ends with %s before its usage is estimated from the request and the text that came',
  async (ended, kind) => {
    const frames = framesOf([
      ['messageStart', { role: 'assistant', p: 'abcdefghijklmnopqrstuvwxyz' }],
      ['contentBlockDelta', { contentBlockIndex: 0, delta: { reasoningContent: { text: TEXT } }, p: 'abcdef' }],
      ['contentBlockDelta', { contentBlockIndex: 1, delta: { text: TEXT }, p: 'abcdefghij' }],
      ['contentBlockDelta', { contentBlockIndex: 2, delta: { toolUse: { input: TEXT } } }],
    ])
    const counted = await measure(followConverse(), 'ConverseStream', { body: REQUEST, frames, ended })
    expect(counted).toEqual({
      usage: { inputTokens: 103, outputTokens: 30 },
      usd: 0.000163,
      isEstimated: true,
      ...kind,
    })
  },
)

test("an abandoned native stream of Claude has Bedrock's count of the input", async () => {
  const frames = framesOf([
    chunk({ type: 'message_start', message: { usage: { input_tokens: 1234, output_tokens: 1 } } }),
    chunk({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: TEXT } }),
  ])
  const counted = await measure(followInvokeModel(), 'InvokeModelWithResponseStream', { frames, ended: 'client-gone' })
  expect(counted).toMatchObject({ usage: { inputTokens: 1234, outputTokens: 10 }, isEstimated: true })
})

test.each<[Operation & ('AnthropicMessages' | 'OpenAIChatCompletions' | 'OpenAIResponses'), Frame[]]>([
  [
    'AnthropicMessages',
    [
      doorFrame('message_start', {
        type: 'message_start',
        message: { usage: { input_tokens: 103, output_tokens: 1 } },
      }),
      doorFrame('content_block_delta', { type: 'content_block_delta', delta: { type: 'text_delta', text: TEXT } }),
    ],
  ],
  ['OpenAIChatCompletions', [doorFrame('', { id: 'chatcmpl-1', choices: [{ delta: { content: TEXT } }] })]],
  ['OpenAIResponses', [doorFrame('response.output_text.delta', { type: 'response.output_text.delta', delta: TEXT })]],
])('an abandoned stream of %s is estimated', async (operation, frames) => {
  const counted = await measure(followDoor(operation), operation, { body: REQUEST, frames, ended: 'client-gone' })
  expect(counted).toMatchObject({ usage: { inputTokens: 103, outputTokens: 10 }, isEstimated: true })
})

test('an abandoned turn of speech has an unknown cost', async () => {
  const counted = await measure(followConverse(), 'ConverseAudio', { frames: [], ended: 'client-gone' })
  expect(counted).toEqual({ usage: {}, usd: null, isEstimated: true })
})
