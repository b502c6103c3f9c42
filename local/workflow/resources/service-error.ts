import { TaskError } from '../task-error.ts'

interface SdkError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string }
}

/**
 * An SDK's exception as Step Functions names it, `<prefix>.<exception>`, with its way of writing the cause. What never
 * came to an answer is an SdkClientException.
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

/** S3's exceptions that are not in its model, such as SlowDown, come as S3Exception. */
export function toS3Error(error: unknown): TaskError {
  const { name, message } = toServiceError(error, 'S3', 'S3')
  if (name === 'S3.SdkClientException') return new TaskError(name, message)
  return new TaskError(name === 'S3.NoSuchKey' ? 'S3.NoSuchKeyException' : 'S3.S3Exception', message)
}
