import { createDualProtocolServer, type DualProtocolServer } from '../net/dual-protocol-server.ts'
import type { BodyTime } from '../net/read-body.ts'
import { type Clock, systemClock } from './async-invoke/clock.ts'
import { createAsyncInvocations } from './async-invoke/index.ts'
import { chooseModel } from './backend/choose-model.ts'
import { createThrottleCounter } from './directives/throttle-counter.ts'
import { createPolicies } from './guardrails/policies.ts'
import { createRequestListener, type RequestSummary } from './http/serve-requests.ts'
import { createPromptCache } from './prompt-cache/prompt-cache.ts'
import { EXAMPLE_PROMPTS, type Prompts } from './prompts/prompts.ts'

export { DirectoryInUseError } from '../storage/directory-lock.ts'
export { JournalError } from '../storage/journal.ts'
export type { Clock } from './async-invoke/clock.ts'
export type { RequestSummary }

export interface BedrockEmulatorOptions {
  /**
   * OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL are read, EMULATOR_GUARDRAILS (a file of guardrails), and for
   * `s3Endpoint` AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; nothing else is.
   */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Called once for each request, after its answer. */
  readonly onRequest?: (summary: RequestSummary) => void
  /** Where asynchronous invocations read and write, such as `http://127.0.0.1:3003`. None can be started without. */
  readonly s3Endpoint?: string | undefined
  /** Keeps asynchronous invocations across restarts; made when it is not there, for one process at a time. */
  readonly directory?: string | undefined
  /** How long an asynchronous invocation is in progress; 3,000 by default. */
  readonly asyncInvokeMilliseconds?: number | undefined
  /** In the ARNs of asynchronous invocations; `123456789012` by default. */
  readonly accountId?: string | undefined
  /** `us-east-1` by default. */
  readonly region?: string | undefined
  /** Of prompt management, by id, beside the example; their ARNs may be of any account and region. */
  readonly prompts?: Prompts | undefined
  /** By what asynchronous invocations and the prompt cache go; the system's by default. */
  readonly clock?: Clock | undefined
  /** Bounds of the time for a request's body: 30 s without a byte, 5 minutes in all by default. */
  readonly bodyTime?: BodyTime | undefined
}

const DEFAULT_ASYNC_INVOKE_MILLISECONDS = 3_000

/**
 * Amazon Bedrock Runtime's REST API on the loopback interface or where `listen` says, HTTP/1.1 and HTTP/2 on one port: Converse, InvokeModel, their
 * streams, CountTokens, ApplyGuardrail, InvokeGuardrailChecks and asynchronous invocations, faithful on the wire, with a
 * deterministic model behind. With a directory `listen` also rejects with DirectoryInUseError or JournalError.
 *
 * @throws PolicyFileError for a file of guardrails that cannot be read
 */
export function createBedrockEmulator(options: BedrockEmulatorOptions = {}): DualProtocolServer {
  const { environment = {}, onRequest, s3Endpoint, directory, clock } = options
  const asyncInvocations = createAsyncInvocations({
    directory,
    s3Endpoint,
    accountId: options.accountId ?? '123456789012',
    region: options.region ?? 'us-east-1',
    milliseconds: options.asyncInvokeMilliseconds ?? DEFAULT_ASYNC_INVOKE_MILLISECONDS,
    environment,
    clock,
  })
  const server = createDualProtocolServer(
    createRequestListener({
      model: chooseModel(environment),
      throttle: createThrottleCounter(),
      asyncInvocations,
      guardrails: createPolicies(environment.EMULATOR_GUARDRAILS || undefined),
      promptCache: createPromptCache(clock ?? systemClock),
      prompts: { ...EXAMPLE_PROMPTS, ...options.prompts },
      bodyTime: options.bodyTime,
      onRequest: (summary) => onRequest?.(summary),
    }),
    { continuesByItself: true },
  )
  return {
    async listen(port, listenOptions) {
      await asyncInvocations.open()
      try {
        return await server.listen(port, listenOptions)
      } catch (error) {
        await asyncInvocations.close()
        throw error
      }
    },
    async close() {
      await server.close()
      await asyncInvocations.close()
    },
  }
}
