import { BedrockError } from '../core/errors.ts'
import { MAX_KEY_BYTES, parseS3Folder, parseS3Uri } from '../core/s3-uri.ts'
import { isObject } from '../json/json-document.ts'
import type { OutputLocation } from './documents.ts'
import { MANIFEST_FILE, PREFIXES } from './layout.ts'

/** Length of the longest name that follows an output's folder, in bytes. */
const MAX_FILE_NAME_BYTES = `${'0'.repeat(12)}/${MANIFEST_FILE}`.length

const FIELD = 'outputDataConfig.s3OutputDataConfig'
const KMS_KEY = /^[A-Za-z0-9:/_-]{1,2048}$/
const ACCOUNT_ID = /^\d{12}$/

/** Names of the optional members, which differ between StartAsyncInvoke and CreateModelInvocationJob. */
export interface OutputMembers {
  readonly kmsKeyId: string
  readonly bucketOwner: string
}

/**
 * Reads an `outputDataConfig`.
 *
 * @throws BedrockError ValidationException for a malformed location, AccessDeniedException for one that is not allowed
 */
export function readOutputLocation(
  config: unknown,
  { bucket, outputLocations }: { readonly bucket: string; readonly outputLocations: readonly string[] },
  members: OutputMembers,
): OutputLocation {
  const location = isObject(config) ? config.s3OutputDataConfig : undefined
  if (!isObject(location)) {
    throw new BedrockError('ValidationException', 'outputDataConfig must have the member s3OutputDataConfig.')
  }
  parseS3Uri(location.s3Uri, `${FIELD}.s3Uri`)
  const s3Uri = String(location.s3Uri)
  assertOutputAllowed(s3Uri, bucket, outputLocations)
  const read = (name: string, pattern: RegExp, form: string): string | undefined => {
    const value = location[name]
    if (value === undefined || value === null) return undefined
    if (typeof value === 'string' && pattern.test(value)) return value
    throw new BedrockError('ValidationException', `${FIELD}.${name} must be ${form}.`)
  }
  const kmsKeyId = read(members.kmsKeyId, KMS_KEY, 'the id or ARN of a KMS key')
  const bucketOwner = read(members.bucketOwner, ACCOUNT_ID, 'an account id of 12 digits')
  return { s3Uri, ...(kmsKeyId !== undefined && { kmsKeyId }), ...(bucketOwner !== undefined && { bucketOwner }) }
}

/**
 * Refuses an output location that is neither under `output/` of the stack's bucket nor under a prefix that the operator allows.
 *
 * @param allowed resource ARNs as in an IAM policy, `arn:aws:s3:::bucket/prefix/*`. An ARN without the star names one object
 *   and allows no folder.
 * @throws BedrockError AccessDeniedException; ValidationException for a location whose keys would be too long, so that the
 *   answer could not be stored
 */
function assertOutputAllowed(s3Uri: string, jobsBucket: string, allowed: readonly string[]): void {
  const { bucket, key } = parseS3Folder(s3Uri)
  if (Buffer.byteLength(key) + MAX_FILE_NAME_BYTES > MAX_KEY_BYTES) {
    throw new BedrockError(
      'ValidationException',
      `${FIELD}.s3Uri is too long: with ${MAX_FILE_NAME_BYTES} bytes for the files' names a key has at most ${MAX_KEY_BYTES}.`,
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
    `${FIELD}.s3Uri ${s3Uri} is not among the locations that this stack may write to: s3://${jobsBucket}/${PREFIXES.output} and those of its parameter OutputLocations.`,
  )
}
