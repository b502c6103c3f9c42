import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { encodeEvent } from '@bedrock-functions/runtime/event-stream'

/**
 * Both peers of a streaming function, in their own process: `/model/PACE.EVENTS/…` is a Bedrock that streams EVENTS events
 * as fast as it can, `/sink` reads the function's answer. Prints its address.
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

const server = createServer((request, response) => {
  request.resume()
  if (request.url === '/sink') {
    request.once('end', () => response.end())
    return
  }
  // The SDK's endpoint is a URL without a query, so the model's id carries the options.
  const [, pace = 'bulk', events = '1'] = /\/model\/(bulk|single)\.(\d+)\//.exec(request.url ?? '') ?? []
  response.socket?.setNoDelay(true)
  response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' })
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
})
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(`http://127.0.0.1:${port}`)
})
process.once('SIGTERM', () => process.exit())
