import { randomUUID } from 'node:crypto'
import { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { errorReply, RestError, type RestReply } from '@bedrock-functions/runtime/core'
import type { AnyRequest, AnyResponse, RequestListener } from '../../net/dual-protocol-server.ts'
import { type BodyTime, BodyTooLargeError, BodyTooSlowError, discardBody, readBody } from '../../net/read-body.ts'
import type { Clock } from '../async-invoke/clock.ts'
import type { AsyncInvocations } from '../async-invoke/index.ts'
import type { BatchJobs } from '../batch/index.ts'
import { applyFault } from '../directives/apply-directives.ts'
import type { ThrottleCounter } from '../directives/throttle-counter.ts'
import type { StoredResponses } from '../doors/openai-responses/stored-responses.ts'
import type { Faults } from '../faults/faults.ts'
import type { GuardrailPolicies } from '../guardrails/policies.ts'
import type { LanguageModel } from '../language-model.ts'
import { bodyTooLarge, emulatorFailure, notForwarded, validationError } from '../messages.ts'
import type { AccountModels } from '../models/account-models.ts'
import type { OperationCall, StreamAnswer, WholeAnswer } from '../operations/operation.ts'
import type { Projects } from '../projects/projects.ts'
import type { PromptCache } from '../prompt-cache/prompt-cache.ts'
import type { Prompts } from '../prompts/prompts.ts'
import type { Forwarding } from '../recordings/forwarding.ts'
import { omitUndefined } from '../shapes/read-json.ts'
import { describeReply, type Outcome, setHead } from './outcome.ts'
import { readModelMember } from './read-model-member.ts'
import type { RequestSummary } from './request-summary.ts'
import { type RoutedRequest, routeRequest } from './route-request.ts'
import { sendStream } from './send-stream.ts'

export interface ServiceDependencies {
  readonly model: LanguageModel
  readonly throttle: ThrottleCounter
  readonly asyncInvocations: AsyncInvocations
  readonly batchJobs: BatchJobs
  readonly guardrails: GuardrailPolicies
  readonly promptCache: PromptCache
  readonly prompts: Prompts
  readonly faults: Faults
  /** Answers in place of the operations: from Bedrock or from recordings. */
  readonly forwarding?: Forwarding | undefined
  /** Ids of foundation models besides those of the table, or their beginnings with `*`. */
  readonly newModels: readonly string[]
  readonly accountModels: AccountModels
  readonly refusesEndedModels: boolean
  readonly projects: Projects
  readonly responses: StoredResponses
  readonly clock: Clock
  /** Bounds of the time for a body; those of `readBody` by default. */
  readonly bodyTime?: BodyTime | undefined
  onRequest(summary: RequestSummary): void
}

/** Source: the service model, InvokeModelRequest's body. */
const MAX_BODY_BYTES = 25_000_000
/** Most bytes of a Converse request, whose media have a limit of their own: 25 MB before base64. */
const MAX_CONVERSE_BYTES = 34_000_000

function maxBytesOf({ name }: RoutedRequest): number {
  return name === 'Converse' || name === 'ConverseStream' ? MAX_CONVERSE_BYTES : MAX_BODY_BYTES
}

/**
 * Serves Bedrock's operations: route, read, run, reply. Accepts any credentials or none. The server must be one that
 * `continuesByItself`.
 */
export function createRequestListener(dependencies: ServiceDependencies): RequestListener {
  return (request, response) => void serve(request, response, dependencies)
}

async function serve(request: AnyRequest, response: AnyResponse, dependencies: ServiceDependencies): Promise<void> {
  const startedAt = performance.now()
  const elapsed = (): number => Math.max(1, Math.round(performance.now() - startedAt))
  const requestId = randomUUID()
  const method = request.method ?? ''
  const target = request.url ?? ''
  const [path = ''] = target.split('?')
  const query = new URLSearchParams(target.slice(path.length))
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  // Ignore write errors of a client that is gone; the 'close' event handles them.
  response.on('error', () => gone.abort())

  const { statusCode, details, isBidirectional, send } = await run(
    { request, response, requestId, method, path, query, signal: gone.signal, elapsed },
    dependencies,
  )
  // A refusal may come before the body's end.
  if (!request.destroyed && !isBidirectional) await discardBody(request, response)
  const isGone = gone.signal.aborted || (request.destroyed && !request.complete)
  const sent = isGone ? {} : await send(response, requestId, gone.signal)
  if (isBidirectional) endRequest(response)
  const isAbandoned = isGone || sent.ending === 'abandoned'
  // An error after the client disconnected is not a failure of the emulator.
  const { failure, ...named } = { ...details, ...sent }
  dependencies.onRequest({
    requestId,
    method,
    path,
    statusCode,
    ...named,
    ...(!isAbandoned && failure !== undefined && { failure }),
    durationMs: elapsed(),
    isAbandoned,
  })
}

/** Ends a request that may still be sent once its answer is out: RST_STREAM without an error (RFC 9113, 8.1). */
function endRequest(response: AnyResponse): void {
  if (!(response instanceof Http2ServerResponse) || !response.stream) return
  const { stream } = response
  if (stream.writableFinished) stream.close()
  else stream.once('finish', () => stream.close())
}

interface Arrival {
  readonly request: AnyRequest
  readonly response: AnyResponse
  readonly requestId: string
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly signal: AbortSignal
  elapsed(): number
}

async function run(arrival: Arrival, dependencies: ServiceDependencies): Promise<Outcome> {
  const { request, requestId } = arrival
  let routed: RoutedRequest | undefined
  try {
    routed = routeRequest(arrival.method, arrival.path)
  } catch (error) {
    return describeFailure(error, undefined, requestId)
  }
  // The body of HTTP/1.1 is not read while it answers. It is dropped as any other.
  const isBidirectional = routed.isBidirectional && request instanceof Http2ServerRequest
  const outcome = await runRouted(routed, arrival, dependencies).catch((error: unknown) =>
    describeFailure(toRefusal(error, routed), { name: routed.name, contract: routed.contract }, requestId),
  )
  return { ...outcome, isBidirectional }
}

async function runRouted(
  routed: RoutedRequest,
  arrival: Arrival,
  { forwarding, bodyTime, onRequest: _, ...shared }: ServiceDependencies,
): Promise<Outcome> {
  const { request, response, method, path, query, signal, elapsed, requestId } = arrival
  const { name, labels, operation, isBidirectional, contract, modelMember } = routed
  const isHeld = isBidirectional && request instanceof Http2ServerRequest
  const body = isBidirectional
    ? Buffer.alloc(0)
    : await readBody(request, response, { maxBytes: maxBytesOf(routed), ...bodyTime })
  const named = modelMember === undefined ? routed.resource : readModelMember(body, modelMember)
  const resource = contract ? named : routed.resource
  const call: OperationCall = {
    labels,
    resource,
    path,
    query,
    headers: flattenHeaders(request),
    body,
    ...(isHeld && { input: request }),
    signal,
    ...shared,
    elapsed,
  }
  const served: ServedCall = { name, contract, ...(contract && { resource }) }
  const answer = async (): Promise<Outcome> => {
    const fault = shared.faults.take(name, named)
    const rest = fault && (await applyFault(fault, call))
    if (forwarding && !routed.isLocal) {
      if (isBidirectional) throw validationError(notForwarded(name))
      const outcome = await forwarding.answer({ ...call, operation: name, method, target: request.url ?? '' })
      return { ...outcome, details: { ...outcome.details, ...nameCall(served) } }
    }
    const answered = await operation(rest ? { ...call, fault: rest } : call)
    return 'events' in answered ? describeStream(answered, call, served) : describeAnswer(answered, served)
  }
  return answer().catch((error: unknown) => describeFailure(error, served, requestId))
}

/** Name of a call for the log, and the form of its answer. */
interface ServedCall extends Pick<RoutedRequest, 'name' | 'contract'> {
  /** Present for a door, whose path does not name the model. */
  readonly resource?: string
}

function toRefusal(error: unknown, routed: RoutedRequest): unknown {
  if (error instanceof BodyTooSlowError) return new RestError(REQUEST_TIMEOUT, 408, error.message)
  if (!(error instanceof BodyTooLargeError)) return error
  const message = bodyTooLarge(maxBytesOf(routed))
  return routed.contract ? new RestError('ValidationException', 413, message) : validationError(message)
}

/** Not in Bedrock's model, but a name that every AWS SDK knows and repeats. */
const REQUEST_TIMEOUT = 'RequestTimeoutException'

function describeAnswer({ headers, body, usage }: WholeAnswer, call: ServedCall): Outcome {
  const reply = {
    statusCode: 200,
    headers: { 'content-type': 'application/json', ...headers },
    body: new TextEncoder().encode(JSON.stringify(body)),
  }
  return describeReply(reply, { ...nameCall(call), ...usage }, call.contract?.requestIdHeader)
}

function describeStream(answer: StreamAnswer, { resource }: OperationCall, served: ServedCall): Outcome {
  return {
    statusCode: 200,
    details: nameCall(served),
    async send(response, requestId, signal) {
      const headers = { 'content-type': answer.format.contentType, ...answer.headers }
      setHead(response, 200, headers, requestId, served.contract?.requestIdHeader)
      const outcome = await sendStream(answer, { response, resource, signal })
      return { ...outcome, ...answer.usage() }
    },
  }
}

/** Names the operation, and the model of a door, which its path does not have. */
function nameCall({ name, resource }: ServedCall): Pick<RequestSummary, 'operation' | 'resource'> {
  return { operation: name, ...omitUndefined({ resource }) }
}

function describeFailure(error: unknown, served: ServedCall | undefined, requestId: string): Outcome {
  const known = error instanceof RestError ? error : emulatorFailure()
  const contract = served?.contract
  const details = {
    ...(served && nameCall(served)),
    errorType: known.name,
    ...(known !== error && { failure: error }),
  }
  return contract
    ? describeReply(contract.toErrorReply(known, requestId), details, contract.requestIdHeader)
    : describeReply(toBedrockReply(known), details)
}

function toBedrockReply(error: RestError): RestReply {
  const { headers, ...reply } = errorReply(error)
  if (error.name !== REQUEST_TIMEOUT) {
    return { ...reply, headers: { ...headers, 'x-amzn-errortype': qualifyErrorType(error.name) } }
  }
  // Not in Bedrock's model: without its namespace, and repeated by every SDK.
  return { ...reply, headers: { 'content-type': 'application/json', 'x-amzn-errortype': error.name } }
}

/** Adds the namespace that Bedrock sends behind the type. SDKs remove it. Observed. */
function qualifyErrorType(type: string): string {
  const namespace = type === 'UnknownOperationException' ? 'com.amazon.coral.service' : 'com.amazon.bedrock'
  return `${type}:http://internal.amazon.com/coral/${namespace}/`
}

function flattenHeaders({ headers }: AnyRequest): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  )
}
