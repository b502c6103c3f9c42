import { createDualProtocolServer, type DualProtocolServer } from '../net/dual-protocol-server.ts'
import { chooseModel } from './backend/choose-model.ts'
import { createThrottleCounter } from './directives/throttle-counter.ts'
import { createRequestListener, type RequestSummary } from './http/serve-requests.ts'

export type { RequestSummary }

export interface BedrockEmulatorOptions {
  /** OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL are read; nothing else is. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Called once for each request, after its answer. */
  readonly onRequest?: (summary: RequestSummary) => void
}

/**
 * Amazon Bedrock Runtime's REST API on the loopback interface, HTTP/1.1 and h2c on one port: Converse, InvokeModel,
 * CountTokens and ApplyGuardrail, faithful on the wire, with a deterministic model behind.
 */
export function createBedrockEmulator({
  environment = {},
  onRequest,
}: BedrockEmulatorOptions = {}): DualProtocolServer {
  const listener = createRequestListener({
    model: chooseModel(environment),
    throttle: createThrottleCounter(),
    onRequest: (summary) => onRequest?.(summary),
  })
  return createDualProtocolServer(listener)
}
