import { runBufferedIntegration } from './buffered-integration.ts'
import type { IntegrationCall, IntegrationOutcome } from './integration.ts'
import { runStreamingIntegration } from './streaming-integration.ts'

/** Calls the function and answers with what it gives; rejects as long as that can still become an error, and after. */
export function runIntegration(call: IntegrationCall): Promise<IntegrationOutcome> {
  return call.integration.transferMode === 'STREAM' ? runStreamingIntegration(call) : runBufferedIntegration(call)
}
