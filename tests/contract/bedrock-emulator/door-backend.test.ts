import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CHAT, GPT, GPT_OSS, MESSAGES, postDoor, RESPONSES, streamDoor } from './door-support.ts'
import { CLAUDE, type RunningEmulator, startEmulator } from './support.ts'

let upstream: Server
let emulator: RunningEmulator
let received: ReturnType<typeof JSON.parse>

const usage = { prompt_tokens: 9, completion_tokens: 4 }
const chunks = [
  { choices: [{ index: 0, delta: { role: 'assistant', content: 'From ' }, finish_reason: null }] },
  { choices: [{ index: 0, delta: { content: 'afar' }, finish_reason: 'stop' }] },
  { choices: [], usage },
]

beforeAll(async () => {
  upstream = createServer(async (request, response) => {
    received = JSON.parse((await request.toArray()).join(''))
    if (received.stream === true) {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const chunk of chunks) response.write(`data: ${JSON.stringify(chunk)}\n\n`)
      response.end('data: [DONE]\n\n')
    } else {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ choices: [{ message: { content: 'From afar' }, finish_reason: 'stop' }], usage }))
    }
  }).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  const { port } = upstream.address() as AddressInfo
  emulator = await startEmulator({
    environment: { OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`, OPENAI_MODEL: 'tiny' },
  })
})
afterAll(async () => {
  await emulator.close()
  upstream.closeAllConnections()
  upstream.close()
})

const messages = [{ role: 'user', content: 'Hello' }]

test.each<[string, object, (body: ReturnType<typeof JSON.parse>) => unknown]>([
  [MESSAGES, { model: CLAUDE, max_tokens: 50, messages }, (body) => [body.content[0].text, body.usage.output_tokens]],
  [CHAT, { model: GPT_OSS, messages }, (body) => [body.choices[0].message.content, body.usage.completion_tokens]],
  [RESPONSES, { model: GPT, input: 'Hello' }, (body) => [body.output[0].content[0].text, body.usage.output_tokens]],
])('%s answers from the OpenAI server, also in a stream', async (path, body, read) => {
  const whole = await postDoor(emulator.url, path, body)
  const streamed = await streamDoor(emulator.url, path, body)

  expect(read(whole.body)).toEqual(['From afar', 4])
  expect(received).toMatchObject({ model: 'tiny', stream: true, messages: [{ role: 'user' }] })
  expect(streamed.text).toContain('From ')
  expect(streamed.text).toContain('afar')
})
