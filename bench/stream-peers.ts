import { createServer } from 'node:http'
import { encodeEvent } from '@bedrock-functions/runtime/event-stream'

/**
 * Both ends of a streaming function, in a process of their own: at `/model/…` a Bedrock that streams as fast as it can,
 * at `/sink` what reads the function's answer. `?events=N` and `?pace=bulk|single` say how it streams.
 */
const TURNS = { bulk: 400, single: 1 } as const

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
  // The SDK's endpoint is a URL without a query; the model's id carries what is wanted.
  const [, pace = 'bulk', events = '1'] = /\/model\/(bulk|single)\.(\d+)\//.exec(request.url ?? '') ?? []
  response.socket?.setNoDelay(true)
  response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' })
  response.write(start)
  let left = Number(events) - 4
  const turn = TURNS[pace as keyof typeof TURNS]
  const piece = Buffer.concat(Array.from({ length: turn }, () => delta))
  const writeOn = () => {
    while (left > 0) {
      const count = Math.min(left, turn)
      left -= count
      const flows = response.write(piece.subarray(0, count * delta.length))
      if (!flows) return response.once('drain', writeOn)
      if (turn === 1) return setImmediate(writeOn)
    }
    return response.end(end)
  }
  writeOn()
})
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('ready'))
process.once('SIGTERM', () => process.exit())
