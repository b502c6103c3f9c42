import { BedrockError } from '../core/errors.ts'
import { MAX_KEY_BYTES, parseS3Folder } from '../core/s3-uri.ts'
import { MANIFEST_FILE, PREFIXES } from './layout.ts'

/** The longest name behind an output's folder. */
const LONGEST_FILE_NAME = `${'0'.repeat(12)}/${MANIFEST_FILE}`

/**
 * Refuses a location that is neither below `output/` of the stack's own bucket nor below a prefix that the operator allows.
 *
 * @param allowed resource ARNs as in an IAM policy, `arn:aws:s3:::bucket/prefix/*`; one without the star is an object's own
 *   and allows no folder
 * @throws BedrockError AccessDeniedException; ValidationException where a file's key would be too long: a model would be
 *   called for an answer that cannot be kept
 */
export function admitOutput(s3Uri: string, jobsBucket: string, allowed: readonly string[]): void {
  const { bucket, key } = parseS3Folder(s3Uri)
  if (Buffer.byteLength(key + LONGEST_FILE_NAME) > MAX_KEY_BYTES) {
    throw new BedrockError(
      'ValidationException',
      `outputDataConfig.s3OutputDataConfig.s3Uri is too long: with ${LONGEST_FILE_NAME.length} bytes for the files' names a key has at most ${MAX_KEY_BYTES}.`,
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
