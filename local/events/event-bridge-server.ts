import type { DualProtocolServer } from '../net/dual-protocol-server.ts'
import type { EventBus } from './event-bus.ts'
import { createAwsJsonServer, type RequestSummary } from './http/aws-json-server.ts'
import { putEvents } from './http/put-events.ts'

/** Larger than any accepted request with escapes, so that clients see the message of the PutEvents limit. */
const MAX_BODY_BYTES = 8 * 1024 * 1024

export interface EventBridgeServerOptions {
  readonly bus: EventBus
  /** Called once for each request, after its answer. */
  readonly onRequest?: (summary: RequestSummary) => void
}

/** EventBridge's PutEvents on the loopback interface, HTTP/1.1 and h2c on one port. */
export function createEventBridgeServer({ bus, onRequest }: EventBridgeServerOptions): DualProtocolServer {
  return createAwsJsonServer({
    targetPrefix: 'AWSEvents',
    version: '1.1',
    errorPrefix: '',
    operations: { PutEvents: (input) => putEvents(input, bus) },
    maxBodyBytes: MAX_BODY_BYTES,
    onRequest,
  })
}
