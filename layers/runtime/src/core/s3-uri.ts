import { BedrockError } from './errors.ts'

/** Object in S3, or a folder if the key is a prefix. */
export interface S3Location {
  readonly bucket: string
  readonly key: string
}

/** Limit of S3 for a key, in bytes of UTF-8. */
export const MAX_KEY_BYTES = 1024

const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/

/**
 * Parses `s3://bucket/key`. Refuses a key that could also be read as another location: "." and ".." segments, empty segments,
 * percent-encodings, backslashes and control characters.
 *
 * @param field name of the member, for the message
 * @throws BedrockError ValidationException
 */
export function parseS3Uri(s3Uri: unknown, field: string): S3Location {
  const refuse = (why: string) => new BedrockError('ValidationException', `${field} ${why}.`)
  if (typeof s3Uri !== 'string' || !s3Uri.startsWith('s3://')) throw refuse('must be of the form s3://bucket/prefix')
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]*)\/?(.*)$/s.exec(s3Uri) ?? []
  if (!BUCKET_NAME.test(bucket)) throw refuse('does not name a bucket')
  const segments = key === '' ? [] : key.replace(/\/$/, '').split('/')
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    throw refuse('holds an empty, "." or ".." segment')
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\u0000-\u001f\u007f\\]|%[0-9a-fA-F]{2}/.test(key)) {
    throw refuse('holds a control character, a backslash or a percent-encoding')
  }
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw refuse(`has a key longer than ${MAX_KEY_BYTES} bytes`)
  return { bucket, key }
}

/**
 * Parses `s3://bucket/prefix` as a folder. Its key is empty or ends with a slash, so that `<id>/output.json` can follow.
 */
export function parseS3Folder(s3Uri: string): S3Location {
  const { bucket, key } = parseS3Uri(s3Uri, 's3Uri')
  return { bucket, key: key === '' || key.endsWith('/') ? key : `${key}/` }
}
