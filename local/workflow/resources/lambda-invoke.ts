import { parseExactly } from '@bedrock-functions/runtime/json'
import {
  FunctionError,
  FunctionNotFoundError,
  RequestTooLargeError,
  TooManyRequestsError,
} from '../../lambda/errors.ts'
import { TaskError } from '../task-error.ts'
import type { Resource } from './resource.ts'

/** `invoke` of the Lambda service. */
export type InvokeFunction = (functionName: string, payload: Buffer) => Promise<{ readonly payload: Buffer }>

/**
 * `arn:aws:states:::lambda:invoke` as request and response. A function's error keeps its name; an error that prevents the
 * invocation is `Lambda.…`. Source: Step Functions developer guide, "Invoke an AWS Lambda function with Step Functions".
 */
export function createLambdaInvoke(invoke: InvokeFunction): Resource {
  return async ({ FunctionName, Payload }) => {
    const functionName = String(FunctionName).replace(/^arn:.*:function:([^:]+).*$/, '$1')
    try {
      const { payload } = await invoke(functionName, Buffer.from(JSON.stringify(Payload ?? {})))
      return { ExecutedVersion: '$LATEST', Payload: parsePayload(payload), StatusCode: 200 }
    } catch (error) {
      throw toTaskError(error)
    }
  }
}

/** Parses the answer. Step Functions requires JSON. */
function parsePayload(payload: Buffer): unknown {
  try {
    return payload.length === 0 ? null : parseExactly(payload.toString())
  } catch {
    throw new TaskError('States.Runtime', 'The answer of the function is not JSON.', { isTerminal: true })
  }
}

function toTaskError(error: unknown): unknown {
  if (error instanceof FunctionError) return new TaskError(error.errorType, JSON.stringify(error))
  if (error instanceof TooManyRequestsError) return ofService('TooManyRequestsException', error.message, 429)
  if (error instanceof RequestTooLargeError) return ofService('RequestTooLargeException', error.message, 413)
  if (error instanceof FunctionNotFoundError) return ofService('ResourceNotFoundException', error.message, 404)
  if (error instanceof TaskError) return error
  return ofService('ServiceException', error instanceof Error ? error.message : String(error), 500)
}

function ofService(name: string, message: string, status: number): TaskError {
  return new TaskError(`Lambda.${name}`, `${message} (Service: Lambda, Status Code: ${status})`)
}
