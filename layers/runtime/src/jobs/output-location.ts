import { BedrockError } from '../core/errors.ts'
import { MAX_KEY_BYTES, parseS3Folder } from '../core/s3-uri.ts'
import { MANIFEST_FILE, PREFIXES } from './layout.ts'

/** Length of the longest name that follows an output's folder, in bytes. */
const MAX_FILE_NAME_BYTES = `${'0'.repeat(12)}/${MANIFEST_FILE}`.length

/**
 * Refuses an output location that is neither under `output/` of the stack's bucket nor under a prefix that the operator allows.
 *
 * @param allowed resource ARNs as in an IAM policy, `arn:aws:s3:::bucket/prefix/*`. An ARN without the star names one object
 *   and allows no folder.
 * @throws BedrockError AccessDeniedException; ValidationException for a location whose keys would be too long, so that the
 *   answer could not be stored
 */
export function assertOutputAllowed(s3Uri: string, jobsBucket: string, allowed: readonly string[]): void {
  const { bucket, key } = parseS3Folder(s3Uri)
  if (Buffer.byteLength(key) + MAX_FILE_NAME_BYTES > MAX_KEY_BYTES) {
    throw new BedrockError(
      'ValidationException',
      `outputDataConfig.s3OutputDataConfig.s3Uri is too long: with ${MAX_FILE_NAME_BYTES} bytes for the files' names a key has at most ${MAX_KEY_BYTES}.`,
    )
  }
  const folder = `${bucket}/${key}`
  const prefixes = [
    `${jobsBucket}/${PREFIXES.output}`,
    ...allowed.filter((arn) => arn.endsWith('*')).map((arn) => arn.replace(/^arn:[^:]+:s3:::/, '').replace(/\*$/, '')),
  ]
  if (prefixes.some((prefix) => folder.startsWith(prefix))) return
  throw new BedrockError(
    'AccessDeniedException',
    `outputDataConfig.s3OutputDataConfig.s3Uri ${s3Uri} is not among the locations that this stack may write to: s3://${jobsBucket}/${PREFIXES.output} and those of its parameter OutputLocations.`,
  )
}
