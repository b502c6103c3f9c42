import { runBufferedIntegration } from './buffered-integration.ts'
import type { IntegrationCall, IntegrationOutcome } from './integration.ts'
import { runStreamingIntegration } from './streaming-integration.ts'

/** Calls the function and sends its answer. Rejects before the first byte and after it. */
export function runIntegration(call: IntegrationCall): Promise<IntegrationOutcome> {
  return call.integration.transferMode === 'STREAM' ? runStreamingIntegration(call) : runBufferedIntegration(call)
}
