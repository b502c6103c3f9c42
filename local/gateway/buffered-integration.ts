import { createDeadline } from './deadline.ts'
import { integrationTimeout } from './gateway-fault.ts'
import { type IntegrationCall, type IntegrationOutcome, writeHead } from './integration.ts'

/** Buffered proxy integration. At the timeout the client gets a 504, and the function runs on. */
export async function runBufferedIntegration(call: IntegrationCall): Promise<IntegrationOutcome> {
  const { integration, lambda, event, traceRoot, clientGone, response, format } = call
  const deadline = createDeadline(integration.timeoutMs, integration.timeoutMs, integrationTimeout)
  try {
    const signal = AbortSignal.any([clientGone, deadline.signal])
    const answered = lambda.invoke(integration.functionName, event, { signal, traceRoot })
    const { payload, cold } = await deadline.race(answered)
    const answer = format.readBuffered(payload)
    const hasBody = writeHead(call, answer)
    response.end(hasBody ? answer.body : '')
    return { cold }
  } finally {
    deadline.clear()
  }
}
