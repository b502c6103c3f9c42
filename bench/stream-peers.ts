import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { encodeEvent } from '@bedrock-functions/runtime/event-stream'

/**
 * Both peers of a streaming function, in their own process: `/model/PACE.EVENTS/…` is a Bedrock that streams EVENTS events
 * as fast as it can, and so is its own door `/anthropic/v1/messages` with the model `….PACE.EVENTS`. `/sink` reads the
 * function's answer. Prints its address.
 */

/** Events of one write, by pace. */
const EVENTS_PER_WRITE = { bulk: 400, single: 1 } as const

const delta = encodeEvent(
  'contentBlockDelta',
  '{"contentBlockIndex":0,"delta":{"text":"Hello"},"p":"abcdefghijklmnopqrstuvwxyzABCDEFGHIJ"}',
)
const start = encodeEvent('messageStart', '{"role":"assistant","p":"abcdefgh"}')
const end = Buffer.concat([
  encodeEvent('contentBlockStop', '{"contentBlockIndex":0,"p":"abc"}'),
  encodeEvent('messageStop', '{"stopReason":"end_turn","p":"abcdef"}'),
  encodeEvent('metadata', '{"usage":{"inputTokens":8,"outputTokens":2,"totalTokens":10},"metrics":{"latencyMs":1}}'),
])

const event = (type: string, members: string) => Buffer.from(`event: ${type}\ndata: {"type":"${type}"${members}}\n\n`)

/** The same stream by Anthropic's contract. */
const messages = {
  start: event('message_start', ',"message":{"id":"msg_1","usage":{"input_tokens":8,"output_tokens":1}}'),
  delta: event('content_block_delta', ',"index":0,"delta":{"type":"text_delta","text":"Hello"}'),
  end: Buffer.concat([
    event('content_block_stop', ',"index":0'),
    event('message_delta', ',"delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}'),
    event('message_stop', ''),
  ]),
}

const server = createServer((request, response) => {
  if (request.url === '/anthropic/v1/messages') {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.once('end', () => answer(`/model/${/\.((?:bulk|single)\.\d+)"/.exec(body)?.[1]}/`, response, messages))
    return
  }
  request.resume()
  if (request.url === '/sink') {
    request.once('end', () => response.end())
    return
  }
  answer(request.url ?? '', response, { start, delta, end })
})

interface Written {
  readonly start: Buffer
  readonly delta: Buffer
  readonly end: Buffer
}

function answer(url: string, response: ServerResponse, { start, delta, end }: Written): void {
  // The SDK's endpoint is a URL without a query, so the model's id carries the options.
  const [, pace = 'bulk', events = '1'] = /\/model\/(bulk|single)\.(\d+)\//.exec(url) ?? []
  response.socket?.setNoDelay(true)
  const isEvents = delta === messages.delta
  response.writeHead(200, { 'content-type': isEvents ? 'text/event-stream' : 'application/vnd.amazon.eventstream' })
  response.write(start)
  let left = Number(events) - 4
  const most = EVENTS_PER_WRITE[pace as keyof typeof EVENTS_PER_WRITE]
  const piece = Buffer.concat(Array.from({ length: most }, () => delta))
  const writeOn = () => {
    while (left > 0) {
      const count = Math.min(left, most)
      left -= count
      const flows = response.write(piece.subarray(0, count * delta.length))
      if (!flows) return response.once('drain', writeOn)
      if (most === 1) return setImmediate(writeOn)
    }
    return response.end(end)
  }
  writeOn()
}

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(`http://127.0.0.1:${port}`)
})
process.once('SIGTERM', () => process.exit())
