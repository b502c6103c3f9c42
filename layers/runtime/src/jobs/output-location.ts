import { BedrockError } from '../core/errors.ts'
import type { S3Location } from './documents.ts'
import { MANIFEST_FILE, PREFIXES } from './layout.ts'

/** S3's limit for a key, in bytes of UTF-8. */
const LONGEST_KEY = 1024

const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/

/**
 * Takes `s3://bucket/key` apart. What could be read as another place is refused: steps up, empty segments,
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
  if (Buffer.byteLength(key) > LONGEST_KEY) throw refuse(`has a key longer than ${LONGEST_KEY} bytes`)
  return { bucket, key }
}

/** `s3://bucket/prefix` without a slash at its end, ready for `/<id>/output.json`. */
export function outputFolder(s3Uri: string): S3Location {
  const { bucket, key } = parseS3Uri(s3Uri, 's3Uri')
  return { bucket, key: key === '' || key.endsWith('/') ? key : `${key}/` }
}

/** The longest name behind an output's folder. */
const LONGEST_NAME = `${'0'.repeat(12)}/${MANIFEST_FILE}`

/**
 * Whether outputs may go there: below `output/` of the stack's own bucket, or below a prefix that the operator allows.
 *
 * @param allowed resource ARNs as in an IAM policy, `arn:aws:s3:::bucket/prefix/*`; one without the star is an object's own
 *   and allows no folder
 * @throws BedrockError AccessDeniedException; ValidationException where a file's key would be too long: a model would be
 *   called for an answer that cannot be kept
 */
export function admitOutput(s3Uri: string, jobsBucket: string, allowed: readonly string[]): void {
  const { bucket, key } = outputFolder(s3Uri)
  if (Buffer.byteLength(key + LONGEST_NAME) > LONGEST_KEY) {
    throw new BedrockError(
      'ValidationException',
      `outputDataConfig.s3OutputDataConfig.s3Uri is too long: with ${LONGEST_NAME.length} bytes for the files' names a key has at most ${LONGEST_KEY}.`,
    )
  }
  const place = `${bucket}/${key}`
  const prefixes = [
    `${jobsBucket}/${PREFIXES.output}`,
    ...allowed.filter((arn) => arn.endsWith('*')).map((arn) => arn.replace(/^arn:[^:]+:s3:::/, '').replace(/\*$/, '')),
  ]
  if (prefixes.some((prefix) => place.startsWith(prefix))) return
  throw new BedrockError(
    'AccessDeniedException',
    `outputDataConfig.s3OutputDataConfig.s3Uri ${s3Uri} is not among the locations that this stack may write to: s3://${jobsBucket}/${PREFIXES.output} and those of its parameter OutputLocations.`,
  )
}
