import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { createDualProtocolServer, type DualProtocolServer } from '../net/dual-protocol-server.ts'
import type { BodyTime } from '../net/read-body.ts'
import { type Clock, systemClock } from './async-invoke/clock.ts'
import { createAsyncInvocations } from './async-invoke/index.ts'
import { chooseModel } from './backend/choose-model.ts'
import { createAnswerRecord } from './batch/answer-record.ts'
import { type BatchOptions, readBatchSettings } from './batch/batch-settings.ts'
import type { BedrockEvent } from './batch/describe-event.ts'
import { createBatchJobs } from './batch/index.ts'
import { RECORD_OPERATION } from './batch/record-operation.ts'
import { createThrottleCounter } from './directives/throttle-counter.ts'
import { createStoredResponses } from './doors/openai-responses/stored-responses.ts'
import type { Fault } from './faults/fault.ts'
import { createFaults } from './faults/faults.ts'
import { createPolicies } from './guardrails/policies.ts'
import type { RequestSummary } from './http/request-summary.ts'
import { BEDROCK_OPERATIONS } from './http/route-request.ts'
import { createRequestListener, type ServiceDependencies } from './http/serve-requests.ts'
import type { AccountModels } from './models/account-models.ts'
import { checkAccountModels } from './models/resolve-model.ts'
import { createProjects } from './projects/projects.ts'
import { createPromptCache } from './prompt-cache/prompt-cache.ts'
import { EXAMPLE_PROMPTS, type Prompts } from './prompts/prompts.ts'
import type { Forwarding } from './recordings/forwarding.ts'
import type { RecordOptions, ReplayOptions } from './recordings/options.ts'
import { createRecorder } from './recordings/record.ts'
import { createReplayer } from './recordings/replay.ts'

export { DirectoryInUseError } from '../storage/directory-lock.ts'
export { JournalError } from '../storage/journal.ts'
export type { Clock } from './async-invoke/clock.ts'
export type { Fault } from './faults/fault.ts'
export { formatSummary } from './format-summary.ts'
export { RecordingError } from './recordings/recording-files.ts'
export type { BatchOptions, BedrockEvent, RecordOptions, ReplayOptions, RequestSummary }

export interface BedrockEmulatorOptions {
  /**
   * Variables: OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL, EMULATOR_GUARDRAILS (a file of guardrails),
   * EMULATOR_MODELS (ids of new models, separated by commas), EMULATOR_BATCH (settings of batch jobs), and for `s3Endpoint` AWS_ACCESS_KEY_ID,
   * AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. No others are read, except by the AWS SDK of `record`, from the process.
   */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Called once for each request, after its answer. */
  readonly onRequest?: (summary: RequestSummary) => void
  /** S3 of asynchronous invocations and batch jobs, such as `http://127.0.0.1:3003`. Required to start any. */
  readonly s3Endpoint?: string | undefined
  /** Directory that keeps asynchronous invocations and batch jobs across restarts; created when missing, for one process at a time. */
  readonly directory?: string | undefined
  /** Time of an asynchronous invocation in progress; 3,000 by default. */
  readonly asyncInvokeMs?: number | undefined
  /** Quotas and timing of batch inference jobs; those of Bedrock and a second in each state by default. */
  readonly batch?: BatchOptions | undefined
  /**
   * Receives each event that Bedrock sends to EventBridge: the states of batch jobs, in order. An event that it rejects is
   * lost, and its error is that of a request summary.
   */
  readonly onEvent?: ((event: BedrockEvent) => Promise<void> | void) | undefined
  /** Account in the ARNs of asynchronous invocations and batch jobs; `123456789012` by default. */
  readonly accountId?: string | undefined
  /** `us-east-1` by default. */
  readonly region?: string | undefined
  /** Prompts of prompt management by id, besides the example. Their ARNs may have any account and region. */
  readonly prompts?: Prompts | undefined
  /**
   * Models behind the resources of an account (imported, custom and provisioned models, application inference profiles,
   * SageMaker endpoints): the id of a foundation model by ARN. Without one, the body of InvokeModel shows the family.
   */
  readonly models?: AccountModels | undefined
  /** Refuses models after their end of life, as Bedrock does; false by default, so that old programs run. */
  readonly refuseEndedModels?: boolean | undefined
  /** Clock of asynchronous invocations, batch jobs, the prompt cache, stored responses and the limits of sessions; the system's by default. */
  readonly clock?: Clock | undefined
  /** Forwards requests to the real Bedrock, with the AWS credentials of the process, and keeps the answers as files. */
  readonly record?: RecordOptions | undefined
  /** Answers from recordings. */
  readonly replay?: ReplayOptions | undefined
  /** Bounds of the time for a request's body: 30 s without a byte, 5 minutes in all by default. */
  readonly bodyTime?: BodyTime | undefined
}

export interface BedrockEmulator extends DualProtocolServer {
  /**
   * Sets a fault for the next calls of an operation. It replaces one of the same operation and model.
   *
   * @throws an error named ValidationException for an invalid fault
   */
  setFault(fault: Fault): void
  /** Faults with the number of calls that are left. */
  listFaults(): readonly Fault[]
  clearFaults(): void
}

const DEFAULT_ASYNC_INVOKE_MS = 3_000

/**
 * Amazon Bedrock Runtime's REST API on the loopback interface or where `listen` says, HTTP/1.1 and HTTP/2 on one port:
 * Converse, InvokeModel, their streams, CountTokens, ApplyGuardrail, InvokeGuardrailChecks, asynchronous invocations and
 * batch inference jobs, faithful on the wire, answered by a deterministic model. With a directory `listen` also rejects with
 * DirectoryInUseError or JournalError.
 *
 * @throws PolicyFileError for an unreadable or invalid file of guardrails, RecordingError for recordings that cannot be read,
 *   Error for a wrong member of `models`
 */
export function createBedrockEmulator(options: BedrockEmulatorOptions = {}): BedrockEmulator {
  const { environment = {}, onRequest, s3Endpoint, directory, clock = systemClock, models = {} } = options
  const { accountId = '123456789012', region = 'us-east-1' } = options
  const newModels = (environment.EMULATOR_MODELS ?? '').split(',').flatMap((id) => id.trim() || [])
  checkAccountModels(models, newModels)
  const asyncInvocations = createAsyncInvocations({
    directory,
    s3Endpoint,
    accountId,
    region,
    invocationMs: options.asyncInvokeMs ?? DEFAULT_ASYNC_INVOKE_MS,
    environment,
    clock,
  })
  const forwarding = openForwarding(options)
  const faults = createFaults({ operations: BEDROCK_OPERATIONS, isForwarding: forwarding !== undefined })
  const onFailure = (failure: unknown) =>
    onRequest?.({ ...BATCH_SUMMARY, errorType: 'InternalServerException', failure, requestId: randomUUID() })
  const batchJobs = createBatchJobs({
    directory: directory && join(directory, 'batch'),
    s3Endpoint,
    accountId,
    region,
    settings: readBatchSettings(options.batch, environment.EMULATOR_BATCH),
    environment,
    clock,
    answer: createAnswerRecord(() => dependencies, onFailure),
    isForwarding: forwarding !== undefined,
    onEvent: (event) => options.onEvent?.(event),
    onFailure,
  })
  const dependencies: ServiceDependencies = {
    model: chooseModel(environment),
    throttle: createThrottleCounter(),
    asyncInvocations,
    batchJobs,
    guardrails: createPolicies(environment.EMULATOR_GUARDRAILS || undefined),
    promptCache: createPromptCache(clock),
    prompts: { ...EXAMPLE_PROMPTS, ...options.prompts },
    faults,
    forwarding,
    newModels,
    accountModels: models,
    refusesEndedModels: options.refuseEndedModels ?? false,
    projects: createProjects({ accountId, region, clock }),
    responses: createStoredResponses(clock),
    clock,
    bodyTime: options.bodyTime,
    onRequest: (summary) => onRequest?.(summary),
  }
  const server = createDualProtocolServer(createRequestListener(dependencies), { continuesByItself: true })
  return {
    setFault: (fault) => faults.set({ ...fault }),
    listFaults: faults.list,
    clearFaults: faults.clear,
    async listen(port, listenOptions) {
      await asyncInvocations.open()
      try {
        await batchJobs.open()
        return await server.listen(port, listenOptions)
      } catch (error) {
        await batchJobs.close()
        await asyncInvocations.close()
        throw error
      }
    },
    async close() {
      await server.close()
      await forwarding?.close()
      await batchJobs.close()
      await asyncInvocations.close()
    },
  }
}

/** Summary of a failure in a batch job, which has no request of its own. */
const BATCH_SUMMARY = {
  method: 'POST',
  path: '/model-invocation-job',
  operation: RECORD_OPERATION,
  statusCode: 500,
  durationMs: 0,
  isAbandoned: false,
}

function openForwarding({ record, replay }: BedrockEmulatorOptions): Forwarding | undefined {
  if (record && replay) throw new TypeError('record and replay exclude each other')
  return record ? createRecorder(record) : replay && createReplayer(replay)
}
