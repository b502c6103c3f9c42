import { TaskError } from '../task-error.ts'

interface SdkError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string }
}

/**
 * Turns an SDK's exception into Step Functions' `<prefix>.<exception>`, with its form of the cause. A call without an
 * answer is an SdkClientException.
 */
export function toServiceError(error: unknown, prefix: string, service: string): TaskError {
  if (error instanceof TaskError) return error
  const { name, message, $metadata } = (error instanceof Error ? error : new Error(String(error))) as SdkError
  const status = $metadata?.httpStatusCode
  if (status === undefined) return new TaskError(`${prefix}.SdkClientException`, message || name)
  const requestId = $metadata?.requestId ?? 'unknown'
  return new TaskError(
    `${prefix}.${name}`,
    `${message} (Service: ${service}, Status Code: ${status}, Request ID: ${requestId})`,
  )
}

/** S3's exceptions outside its model, such as SlowDown, become S3Exception. */
export function toS3Error(error: unknown): TaskError {
  const { name, message } = toServiceError(error, 'S3', 'S3')
  if (name === 'S3.SdkClientException') return new TaskError(name, message)
  return new TaskError(name === 'S3.NoSuchKey' ? 'S3.NoSuchKeyException' : 'S3.S3Exception', message)
}
