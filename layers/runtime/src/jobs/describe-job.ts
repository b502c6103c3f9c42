import type { JobsConfiguration } from '../core/configuration.ts'
import { parseS3Folder } from '../core/s3-uri.ts'
import { foundationModelId } from '../models/model-id.ts'
import type { JobStatus } from './documents.ts'
import { arnOf, type Job } from './read-job.ts'

/** Answer of GetAsyncInvoke, and item of ListAsyncInvokes; times are ISO 8601. */
export interface JobDescription {
  readonly invocationArn: string
  readonly modelArn: string
  readonly clientRequestToken?: string
  readonly status: JobStatus
  readonly failureMessage?: string
  /** Bedrock's error type. It is an extension of Bedrock's API. */
  readonly failureType?: string
  readonly submitTime: string
  readonly lastModifiedTime: string
  readonly endTime?: string
  readonly outputDataConfig: { readonly s3OutputDataConfig: { readonly s3Uri: string } }
}

/** Limit of `failureMessage` in the service model, in characters. */
const MAX_MESSAGE_LENGTH = 2048

export function describeJob({ request, end }: Job, { arnPrefix }: JobsConfiguration): JobDescription {
  const { modelId, clientRequestToken, submitTime, output } = request
  return {
    invocationArn: arnOf(request, arnPrefix),
    modelArn: modelArnOf(modelId, arnPrefix),
    ...(clientRequestToken !== undefined && { clientRequestToken }),
    status: end?.status ?? 'InProgress',
    ...(end?.failure && {
      failureMessage: end.failure.message.slice(0, MAX_MESSAGE_LENGTH),
      failureType: end.failure.type,
    }),
    submitTime,
    lastModifiedTime: end?.endTime ?? submitTime,
    ...(end && { endTime: end.endTime }),
    outputDataConfig: { s3OutputDataConfig: { ...output, s3Uri: outputFolderUri(request) } },
  }
}

/** Returns the URI of the job's folder, as Bedrock does. Its samples expect the files there. */
function outputFolderUri({ id, bedrockArn, output }: Job['request']): string {
  const { bucket, key } = parseS3Folder(output.s3Uri)
  return `s3://${bucket}/${key}${bedrockArn === undefined ? id : bedrockArn.slice(bedrockArn.lastIndexOf('/') + 1)}`
}

/**
 * Returns the ARN of a foundation model or provisioned model, as Bedrock's API requires. A profile is replaced by its
 * model.
 */
function modelArnOf(modelId: string, arnPrefix: string): string {
  if (modelId.startsWith('arn:') && !modelId.includes(':inference-profile/')) return modelId
  const [arn, partition, service, region] = arnPrefix.split(':')
  return [arn, partition, service, region, '', `foundation-model/${foundationModelId(modelId)}`].join(':')
}
