import { BedrockError } from './errors.ts'

/** An object in S3, or with a prefix as its key a folder. */
export interface S3Location {
  readonly bucket: string
  readonly key: string
}

/** S3's limit for a key, in bytes of UTF-8. */
export const MAX_KEY_BYTES = 1024

const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/

/**
 * Takes `s3://bucket/key` apart. A key that could be read as another place is refused: steps up, empty segments,
 * percent-encodings, backslashes, control characters.
 *
 * @param field the member's name, for the message
 * @throws BedrockError ValidationException
 */
export function parseS3Uri(s3Uri: unknown, field: string): S3Location {
  const refuse = (why: string) => new BedrockError('ValidationException', `${field} ${why}.`)
  if (typeof s3Uri !== 'string' || !s3Uri.startsWith('s3://')) throw refuse('must be of the form s3://bucket/prefix')
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]*)\/?(.*)$/s.exec(s3Uri) ?? []
  if (!BUCKET_NAME.test(bucket)) throw refuse('does not name a bucket')
  const steps = key === '' ? [] : key.replace(/\/$/, '').split('/')
  if (steps.some((step) => step === '' || step === '.' || step === '..')) {
    throw refuse('holds an empty, "." or ".." segment')
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\u0000-\u001f\u007f\\]|%[0-9a-fA-F]{2}/.test(key)) {
    throw refuse('holds a control character, a backslash or a percent-encoding')
  }
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw refuse(`has a key longer than ${MAX_KEY_BYTES} bytes`)
  return { bucket, key }
}

/** `s3://bucket/prefix` as a folder, ready for `<id>/output.json`: its key is empty or ends with a slash. */
export function parseS3Folder(s3Uri: string): S3Location {
  const { bucket, key } = parseS3Uri(s3Uri, 's3Uri')
  return { bucket, key: key === '' || key.endsWith('/') ? key : `${key}/` }
}
