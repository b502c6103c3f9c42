import { S3Error } from './s3-error.ts'
import type { S3Request } from './s3-request.ts'

/** Seven days. */
const MAX_EXPIRY_SECONDS = 604_800

/**
 * Refuses a presigned URL that has expired (AccessDenied) or has invalid times (AuthorizationQueryParametersError). Does
 * not verify the signature.
 */
export function checkExpiry({ query }: S3Request, now: number): void {
  const expires = query.get('X-Amz-Expires')
  const date = query.get('X-Amz-Date')
  if (expires === null || date === null) return
  const seconds = Number(expires)
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date)?.map(Number) ?? []
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_EXPIRY_SECONDS || year === undefined) {
    throw new S3Error('AuthorizationQueryParametersError')
  }
  const end = Date.UTC(year, (month ?? 1) - 1, day, hour, minute, (second ?? 0) + seconds)
  if (now <= end) return
  throw new S3Error('AccessDenied', {
    message: 'Request has expired',
    elements: {
      'X-Amz-Expires': seconds,
      Expires: new Date(end).toISOString(),
      ServerTime: new Date(now).toISOString(),
    },
  })
}
