import { BedrockError, type JobsConfiguration, parseS3Uri } from '@bedrock-functions/runtime/core'
import { assertOutputAllowed, type OutputLocation } from '@bedrock-functions/runtime/jobs/start'
import { isObject } from '@bedrock-functions/runtime/json'

const FIELD = 'outputDataConfig.s3OutputDataConfig'

/**
 * Reads the caller's output location.
 *
 * @returns undefined for the stack's bucket
 * @throws BedrockError ValidationException for a malformed location, AccessDeniedException for one that is not allowed
 */
export function readOutput(
  config: unknown,
  { bucket, outputLocations }: JobsConfiguration,
): OutputLocation | undefined {
  if (config === undefined || config === null) return undefined
  const location = isObject(config) ? config.s3OutputDataConfig : undefined
  if (!isObject(location)) {
    throw new BedrockError('ValidationException', `outputDataConfig must have the member s3OutputDataConfig.`)
  }
  const { s3Uri, kmsKeyId, bucketOwner } = location
  parseS3Uri(s3Uri, `${FIELD}.s3Uri`)
  assertOutputAllowed(String(s3Uri), bucket, outputLocations)
  if (kmsKeyId !== undefined && (typeof kmsKeyId !== 'string' || !/^[A-Za-z0-9:/_-]{1,2048}$/.test(kmsKeyId))) {
    throw new BedrockError('ValidationException', `${FIELD}.kmsKeyId is not the id or ARN of a KMS key.`)
  }
  if (bucketOwner !== undefined && (typeof bucketOwner !== 'string' || !/^\d{12}$/.test(bucketOwner))) {
    throw new BedrockError('ValidationException', `${FIELD}.bucketOwner is not an account id of 12 digits.`)
  }
  return {
    s3Uri: String(s3Uri),
    ...(kmsKeyId !== undefined && { kmsKeyId }),
    ...(bucketOwner !== undefined && { bucketOwner }),
  }
}
