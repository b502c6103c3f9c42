import { randomBytes } from 'node:crypto'
import type { AnyRequest, AnyResponse, RequestListener } from '../../net/dual-protocol-server.ts'
import type { FaultSwitch, S3Fault } from '../faults.ts'
import type { Answer } from '../operations/operation.ts'
import type { ObjectStore } from '../storage/object-store.ts'
import { checkExpiry } from './check-expiry.ts'
import { answerPreflight, type CorsRule, corsHeaders } from './cors.ts'
import { type OperationName, routeOperation } from './route-operation.ts'
import { runOperation } from './run-operation.ts'
import { S3Error } from './s3-error.ts'
import { createRequestId, parseRequest, type S3Request } from './s3-request.ts'
import { type Failure, renderFailure, sendAnswer } from './send-answer.ts'

/** A request and its outcome, for logs. */
export interface RequestSummary {
  readonly operation: OperationName | undefined
  readonly bucket: string | undefined
  readonly key: string | undefined
  readonly statusCode: number
  /** Error code of S3. */
  readonly errorCode?: string
  readonly durationMs: number
  /** Error inside the server itself. */
  readonly failure?: unknown
}

interface RequestListenerOptions {
  readonly store: () => ObjectStore
  readonly faults: FaultSwitch
  /** Of a bucket, by its name. */
  readonly corsRulesOf: (bucket: string) => readonly CorsRule[]
  readonly onRequest: (summary: RequestSummary) => void
}

interface Outcome {
  readonly answer: Answer
  readonly request?: S3Request
  readonly operation?: OperationName
  readonly errorCode?: string
  readonly failure?: unknown
}

/** Serves S3's REST API; calls `onRequest` once for each request, after its answer. */
export function createRequestListener({
  store,
  faults,
  corsRulesOf,
  onRequest,
}: RequestListenerOptions): RequestListener {
  return (request, response) => void serve(request, response)

  async function serve(incoming: AnyRequest, response: AnyResponse): Promise<void> {
    const started = performance.now()
    const ids = { requestId: createRequestId(), hostId: randomBytes(42).toString('base64') }
    response.setHeader('x-amz-request-id', ids.requestId)
    response.setHeader('x-amz-id-2', ids.hostId)
    response.setHeader('server', 'AmazonS3')
    const { answer, request, operation, errorCode, ...rest } = await answerRequest(incoming, ids)
    const forPages = request ? corsHeaders(request, rulesFor(request)) : {}
    for (const [name, value] of Object.entries(forPages)) response.setHeader(name, value)
    let failure = rest.failure
    try {
      await sendAnswer(response, answer)
    } catch (error) {
      failure = error
    }
    onRequest({
      operation,
      bucket: request?.bucket,
      key: request?.key,
      statusCode: answer.statusCode,
      ...(errorCode !== undefined && { errorCode }),
      durationMs: performance.now() - started,
      ...(failure !== undefined && { failure }),
    })
  }

  function rulesFor({ bucket }: S3Request): readonly CorsRule[] {
    return bucket === undefined ? [] : corsRulesOf(bucket)
  }

  async function answerRequest(incoming: AnyRequest, ids: { requestId: string; hostId: string }): Promise<Outcome> {
    let request: S3Request | undefined
    let operation: OperationName | undefined
    const failWith = (failure: Failure) => ({
      answer: renderFailure(failure, ids, incoming.method ?? 'GET'),
      ...(request && { request }),
      ...(operation && { operation }),
      errorCode: failure.code,
    })
    try {
      request = parseRequest(incoming, ids.requestId)
      if (request.method === 'OPTIONS') return { answer: answerPreflight(request, rulesFor(request)), request }
      checkExpiry(request, Date.now())
      operation = routeOperation(request)
      const fault = faults.take({ operation, key: request.key })
      if (fault && fault.stage !== 'after') return failWith(describeFault(fault))
      const answer = await runOperation(operation, { store: store(), request })
      if (!fault) return { answer, request, operation }
      if (typeof answer.body === 'object') answer.body.close()
      return failWith(describeFault(fault))
    } catch (error) {
      if (error instanceof S3Error) return failWith(error)
      const internal = failWith(new S3Error('InternalError'))
      // A client that disconnects inside its body is not a failure of the server.
      return incoming.destroyed && !incoming.complete ? internal : { ...internal, failure: error }
    }
  }
}

function describeFault({ status, code }: S3Fault): Failure {
  return { statusCode: status, code, message: `The fault switch requested ${code}.` }
}
