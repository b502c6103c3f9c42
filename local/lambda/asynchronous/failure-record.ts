import type { AsynchronousFunction, PendingEvent } from './model.ts'

/**
 * Record of a failed event for its failure destination. An event that expired before the function answered has no
 * response. Source: Lambda developer guide, "Capturing records of Lambda asynchronous invocations".
 */
export function renderFailureRecord(pending: PendingEvent, { arn }: AsynchronousFunction): string {
  const { event, attempts, lastFailure, condemned } = pending
  return JSON.stringify({
    version: '1.0',
    timestamp: new Date(condemned?.at ?? event.acceptedAt).toISOString(),
    requestContext: {
      requestId: event.requestId,
      functionArn: `${arn}:$LATEST`,
      condition: condemned?.condition,
      approximateInvokeCount: attempts,
    },
    requestPayload: JSON.parse(event.payload),
    ...(lastFailure && {
      responseContext: {
        statusCode: 200,
        executedVersion: '$LATEST',
        functionError: lastFailure.response.functionError,
      },
      responsePayload: parseResponse(lastFailure.response.payload),
    }),
  })
}

function parseResponse(payload: string): unknown {
  try {
    return JSON.parse(payload)
  } catch {
    return payload
  }
}
