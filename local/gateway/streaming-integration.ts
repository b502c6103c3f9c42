import { writeChunk } from '../net/write-chunk.ts'
import { createDeadline, type Deadline } from './deadline.ts'
import { integrationTimeout } from './gateway-fault.ts'
import { type IntegrationCall, type IntegrationOutcome, writeHead } from './integration.ts'

/**
 * Answers chunk by chunk as the function writes. Rejects when it fails, is too slow or too long silent; by then the
 * head may have been sent. A client that goes away does not stop the function: the rest is read and discarded.
 */
export async function runStreamingIntegration(call: IntegrationCall): Promise<IntegrationOutcome> {
  const { integration, lambda, event, traceRoot, clientGone, response, format } = call
  const deadline = createDeadline(integration.timeoutMs, call.idleMs, integrationTimeout)
  const signal = AbortSignal.any([clientGone, deadline.signal])
  try {
    const begun = lambda.invokeWithResponseStream(integration.functionName, event, { signal, traceRoot })
    // The client is gone, but the function must not wait for a reader.
    begun.then(
      ({ body }) => signal.aborted && body.destroy(),
      () => {},
    )
    const { contentType, body, cold } = await deadline.race(begun)
    signal.addEventListener('abort', () => body.destroy(signal.reason as Error))
    try {
      const chunks: AsyncIterator<Buffer> = body[Symbol.asyncIterator]()
      const { head, start } = await format.readStreamed(contentType, chunks)
      if (writeHead(call, head)) await forward(call, start, chunks, deadline)
      response.end()
      return { cold }
    } finally {
      body.destroy()
    }
  } finally {
    deadline.clear()
  }
}

async function forward(
  { response }: IntegrationCall,
  start: Buffer,
  chunks: AsyncIterator<Buffer>,
  deadline: Deadline,
): Promise<void> {
  // The head goes out now, however long the first byte takes, but with the first bytes where they are there. HTTP/2 has the
  // method too, only its type does not.
  if (start.length === 0 && 'flushHeaders' in response) setImmediate(() => response.flushHeaders())
  if (start.length > 0) await writeChunk(response, start, deadline.signal)
  for (;;) {
    deadline.touch()
    const { done, value } = await chunks.next()
    if (done) return
    await writeChunk(response, value, deadline.signal)
  }
}
