import { findDrift } from '../../../local/bedrock/recordings/drift.ts'
import { CHAT, createOpenai, GPT, GPT_OSS, MESSAGES, postDoor, RESPONSES, streamDoor } from './door-support.ts'
import { type RecordingSetup, startRecording } from './recording-support.ts'
import { CLAUDE } from './support.ts'

let setup: RecordingSetup

beforeEach(async () => {
  setup = await startRecording()
})
afterEach(() => setup.close())

const ask = (content: string) => [{ role: 'user', content }]
const doors: [path: string, body: (prompt: string) => object][] = [
  [MESSAGES, (prompt) => ({ model: CLAUDE, max_tokens: 50, messages: ask(prompt) })],
  [CHAT, (prompt) => ({ model: GPT_OSS, messages: ask(prompt) })],
  [RESPONSES, (prompt) => ({ model: GPT, input: prompt })],
]

test.each(doors)('%s is answered by Bedrock and from the recording alike', async (path, body) => {
  const whole = await postDoor(setup.recorder.url, path, body('Hello'))
  const refused = await postDoor(setup.recorder.url, path, body('[emulator:error=ThrottlingException]'))
  const streamed = await streamDoor(setup.recorder.url, path, body('Hello'))
  const { url } = await setup.replay()

  expect(whole.status).toBe(200)
  expect((await postDoor(url, path, body('Hello'))).body).toEqual(whole.body)
  expect(await postDoor(url, path, body('[emulator:error=ThrottlingException]'))).toMatchObject({
    status: 429,
    body: refused.body,
  })
  expect(streamed.events.length).toBeGreaterThan(5)
  const again = await streamDoor(url, path, body('Hello'))
  expect(again.text).toBe(streamed.text)
  for (const header of ['content-type', 'x-amzn-requestid', 'request-id', 'x-request-id']) {
    expect(again.headers.get(header)).toBe(streamed.headers.get(header))
  }
})

test.each(doors)('a stream of %s that fails or breaks is recorded with its end', async (path, body) => {
  const failing = body('[emulator:say=a b][emulator:exception=throttlingException@3]')
  const breaking = body('[emulator:say=a b][emulator:reset@3]')
  const failed = await streamDoor(setup.recorder.url, path, failing)
  const broken = await streamDoor(setup.recorder.url, path, breaking)
  const { url } = await setup.replay()

  expect((await streamDoor(url, path, failing)).text).toBe(failed.text)
  expect(broken.ending).toBe('reset')
  expect(await streamDoor(url, path, breaking)).toMatchObject({ text: broken.text, ending: 'reset' })
})

test('a recording shows the events, and no key', async () => {
  const key = 'ABSKQmVkcm9ja0FQSUtleS1leGFtcGxlLWtleS1leGFtcGxlLWtleQ=='
  const headers = { authorization: `Bearer ${key}`, 'x-api-key': key, 'anthropic-beta': 'claude-code-20250219' }
  await streamDoor(
    setup.recorder.url,
    MESSAGES,
    { model: CLAUDE, max_tokens: 50, messages: ask('[emulator:say=a]') },
    headers,
  )
  await streamDoor(setup.recorder.url, CHAT, { model: GPT_OSS, messages: ask('[emulator:say=a]') }, headers)
  const recordings = [...(await setup.read())]
  const [[name, messages] = [], [, chat] = []] = recordings

  expect(JSON.stringify(recordings)).not.toContain(key)
  expect(name).toBe('0001-AnthropicMessages-us.anthropic.claude-haiku-4-5-20251001-v1_0.json')
  expect(messages?.request.headers).toEqual({
    'content-type': 'application/json',
    accept: '*/*',
    'anthropic-version': '2023-06-01',
    'anthropic-beta': 'claude-code-20250219',
  })
  expect(messages?.response.events?.[1]).toEqual({
    atMs: expect.any(Number),
    name: 'content_block_start',
    data: { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  })
  expect(chat?.response.events?.at(-1)).toEqual({ atMs: expect.any(Number), data: '[DONE]' })
})

test('a request without a recording is refused in the shape of the contract', async () => {
  const { url } = await setup.replay()
  const reply = await postDoor(url, CHAT, { model: GPT_OSS, messages: ask('Hello') })

  expect(reply.status).toBe(404)
  expect(reply.body.error).toMatchObject({
    type: 'invalid_request_error',
    message: expect.stringContaining('answers this OpenAIChatCompletions'),
  })
})

test('another beta is another request', async () => {
  const body = { model: CLAUDE, max_tokens: 50, messages: ask('Hello') }
  await postDoor(setup.recorder.url, MESSAGES, body, { 'anthropic-beta': 'claude-code-20250219' })
  const { url } = await setup.replay()

  expect((await postDoor(url, MESSAGES, body)).status).toBe(404)
})

test('stored responses are recorded by openai, and the drift asks for those that it made itself', async () => {
  const { responses } = createOpenai(setup.recorder.url)
  const first = await responses.create({ model: GPT, input: 'My name is Ada' })
  await responses.create({ model: GPT, input: 'Who?', previous_response_id: first.id })
  await responses.retrieve(first.id)
  await responses.delete(first.id)

  const replayed = createOpenai((await setup.replay()).url).responses
  expect((await replayed.retrieve(first.id)).output_text).toBe(first.output_text)
  const results = []
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  for await (const result of findDrift(setup.directory, {
    endpoint: setup.bedrock.url,
    region: 'us-east-1',
    credentials,
  })) {
    results.push(result.differences)
  }
  expect(results).toEqual([[], [], [], []])
})
