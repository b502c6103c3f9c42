import type { BatchJob } from './batch-job.ts'

/** Event of Bedrock before EventBridge adds its id, account and Region. */
export interface BedrockEvent {
  readonly source: 'aws.bedrock'
  readonly detailType: string
  readonly resources: readonly string[]
  readonly detail: Readonly<Record<string, unknown>>
  /** Milliseconds since 1970. */
  readonly time: number
}

const CREATION_TIME = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' })

/** Describes the state of a job as EventBridge gets it. Source: Amazon Bedrock User Guide, "Monitor Amazon Bedrock job state changes". */
export function describeEvent(job: BatchJob, accountId: string): BedrockEvent {
  const { jobArn, jobName, modelId, status, message = '', submitTime, lastModifiedTime } = job
  return {
    source: 'aws.bedrock',
    detailType: 'Batch Inference Job State Change',
    resources: [jobArn],
    detail: {
      version: '0.0',
      accountId,
      batchJobName: jobName,
      batchJobArn: jobArn,
      batchModelId: modelId,
      status,
      failureMessage: message,
      // Such as "Aug 28, 2024, 10:47:53 PM": newer tables of Unicode have a narrow space before PM.
      creationTime: CREATION_TIME.format(submitTime).replaceAll('\u202f', ' '),
    },
    time: lastModifiedTime,
  }
}
