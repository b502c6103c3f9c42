import { ApplyGuardrailCommand, type BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime'
import { GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import type { JsonObject } from '../../template/json.ts'
import type { Resource } from './resource.ts'
import { toS3Error, toServiceError } from './service-error.ts'
import { toSdkSpelling, toStatesSpelling } from './spelling.ts'

/** `arn:aws:states:::aws-sdk:bedrockruntime:applyGuardrail`. */
export function createApplyGuardrail(bedrock: BedrockRuntimeClient): Resource {
  return async (parameters) => {
    try {
      const input = toSdkSpelling(parameters) as ConstructorParameters<typeof ApplyGuardrailCommand>[0]
      const { $metadata: _, ...answer } = await bedrock.send(new ApplyGuardrailCommand(input))
      return toStatesSpelling(answer)
    } catch (error) {
      throw toServiceError(error, 'BedrockRuntime', 'BedrockRuntime')
    }
  }
}

/** `arn:aws:states:::aws-sdk:s3:headObject`. */
export function createHeadObject(s3: S3Client): Resource {
  return async (parameters) => {
    try {
      const { ContentLength, ContentType, ETag } = await s3.send(new HeadObjectCommand(placeOf(parameters)))
      return { ContentLength, ContentType, ETag }
    } catch (error) {
      throw toS3Error(error)
    }
  }
}

/** `arn:aws:states:::aws-sdk:s3:getObject`: the object as text. */
export function createGetObject(s3: S3Client): Resource {
  return async (parameters) => {
    try {
      const { Body, ContentLength, ContentType, ETag } = await s3.send(new GetObjectCommand(placeOf(parameters)))
      return { Body: await Body?.transformToString(), ContentLength, ContentType, ETag }
    } catch (error) {
      throw toS3Error(error)
    }
  }
}

function placeOf({ Bucket, Key }: JsonObject) {
  return { Bucket: String(Bucket), Key: String(Key) }
}
