import type { JsonObject } from '../shapes/json.ts'
import { omitUndefined, readObject, readString } from '../shapes/read-json.ts'
import type { Submission } from '../submissions/submission-store.ts'

/** Source: the service model of bedrock 2023-04-20, ModelInvocationJobStatus. */
export const BATCH_STATUSES = [
  'Submitted',
  'InProgress',
  'Completed',
  'Failed',
  'Stopping',
  'Stopped',
  'PartiallyCompleted',
  'Expired',
  'Validating',
  'Scheduled',
] as const

export type BatchStatus = (typeof BATCH_STATUSES)[number]

/** Contract of the records' `modelInput`. */
export type InvocationType = 'InvokeModel' | 'Converse'

/** Counts of Get, List and the manifest. */
export interface RecordCounts {
  readonly totalRecordCount: number
  readonly processedRecordCount: number
  readonly successRecordCount: number
  readonly errorRecordCount: number
}

/** State of a batch inference job, for the journal and GetModelInvocationJob. */
export interface BatchJob extends Submission {
  readonly jobArn: string
  readonly jobName: string
  /** Model as the caller wrote it. */
  readonly modelId: string
  readonly roleArn: string
  /** Hash that distinguishes requests with the same token. */
  readonly requestHash: string
  readonly inputDataConfig: JsonObject
  readonly outputDataConfig: JsonObject
  readonly vpcConfig?: JsonObject
  readonly modelInvocationType: InvocationType
  readonly timeoutDurationInHours: number
  /** Milliseconds since 1970, like the next two. */
  readonly jobExpirationTime: number
  readonly lastModifiedTime: number
  readonly endTime?: number
  readonly status: BatchStatus
  readonly message?: string
  /** Undefined until the input is validated. */
  readonly counts?: RecordCounts
  /** Identifies the input that was validated. */
  readonly inputHash?: string
  /** Outcome requested by a fault: the message of a failed validation, and the milliseconds in progress. */
  readonly fail?: string
  readonly lasts?: number
}

/** What changes in a job besides its state. */
export type JobFacts = Partial<Pick<BatchJob, 'message' | 'counts' | 'inputHash'>>

const ENDED: ReadonlySet<BatchStatus> = new Set(['Completed', 'PartiallyCompleted', 'Failed', 'Stopped', 'Expired'])

export function hasEnded({ status }: Pick<BatchJob, 'status'>): boolean {
  return ENDED.has(status)
}

/** Returns the last part of an ARN, 12 letters and digits. */
export function jobId({ jobArn }: Pick<BatchJob, 'jobArn'>): string {
  return jobArn.slice(jobArn.lastIndexOf('/') + 1)
}

/** Returns the location of a data config, a union with one member. */
export function readS3Uri(config: JsonObject): string {
  const [location] = Object.values(config)
  return readString(readObject(location)?.s3Uri) ?? ''
}

/** Renders a job for GetModelInvocationJob and ListModelInvocationJobs, which have the same members. */
export function describeJob(job: BatchJob): JsonObject {
  const { jobArn, jobName, modelId, clientRequestToken, roleArn, status, message, inputDataConfig } = job
  return omitUndefined({
    ...{ jobArn, jobName, modelId, clientRequestToken, roleArn, status, message },
    submitTime: formatTime(job.submitTime),
    lastModifiedTime: formatTime(job.lastModifiedTime),
    endTime: job.endTime === undefined ? undefined : formatTime(job.endTime),
    inputDataConfig,
    outputDataConfig: job.outputDataConfig,
    vpcConfig: job.vpcConfig,
    timeoutDurationInHours: job.timeoutDurationInHours,
    jobExpirationTime: formatTime(job.jobExpirationTime),
    modelInvocationType: job.modelInvocationType,
    ...job.counts,
  })
}

function formatTime(timeMs: number): string {
  return new Date(timeMs).toISOString()
}
