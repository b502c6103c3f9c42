import {
  BedrockClient,
  BedrockServiceException,
  CreateModelInvocationJobCommand,
  GetModelInvocationJobCommand,
  StopModelInvocationJobCommand,
} from '@aws-sdk/client-bedrock'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { ObjectStore } from '../core/object-store.ts'
import type { BatchPart, BatchRequest } from './batch.ts'
import { partOutputPrefix } from './layout.ts'

/** Batch job of Bedrock that answers a part. */
export interface PartJob {
  readonly jobArn?: string
  readonly status: string
  readonly message?: string
  readonly success: number
  readonly error: number
}

/** Document `progress.json`: the jobs of Bedrock by part, as they were at the last step. */
export interface Progress {
  readonly jobs: readonly PartJob[]
  /** Bedrock's refusal of the batch, which the map answers then. */
  readonly mapReason?: string
}

/** Bedrock's batch jobs for the parts of a batch. */
export interface BedrockJobs {
  /** Starts the job of a part, once for each part. A refusal of Bedrock is a job that has Failed without an ARN. */
  start(request: BatchRequest, part: BatchPart, number: number): Promise<PartJob>
  read(job: PartJob): Promise<PartJob>
  stop(job: PartJob): Promise<void>
}

export interface BedrockJobsOptions {
  readonly store: ObjectStore
  /** Role with which Bedrock reads the parts and writes their outputs. */
  readonly roleArn: string
}

const ENDED: ReadonlySet<string> = new Set(['Completed', 'PartiallyCompleted', 'Failed', 'Stopped', 'Expired'])

export function hasEnded({ status }: PartJob): boolean {
  return ENDED.has(status)
}

/** Source: the service model of bedrock 2023-04-20, timeoutDurationInHours. */
const MIN_HOURS = 24

export function createBedrockJobs({ store, roleArn }: BedrockJobsOptions): BedrockJobs {
  const client = new BedrockClient({
    maxAttempts: 5,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: 2000,
      requestTimeout: 20_000,
      throwOnRequestTimeout: true,
    }),
  })
  return {
    async start(request, { inputKey }, number) {
      const uri = (key: string) => `s3://${store.bucket}/${key}`
      const command = new CreateModelInvocationJobCommand({
        jobName: `${request.id}-${number}`,
        clientRequestToken: `${request.id}-${number}`,
        roleArn,
        modelId: request.modelId,
        modelInvocationType: request.type,
        inputDataConfig: { s3InputDataConfig: { s3InputFormat: 'JSONL', s3Uri: uri(inputKey) } },
        outputDataConfig: { s3OutputDataConfig: { s3Uri: uri(partOutputPrefix(request, number)) } },
        timeoutDurationInHours: Math.max(MIN_HOURS, request.timeoutHours),
      })
      try {
        const { jobArn } = await client.send(command)
        return { status: 'Submitted', success: 0, error: 0, ...(jobArn !== undefined && { jobArn }) }
      } catch (error) {
        if (!isRefusal(error)) throw error
        return { status: 'Failed', message: error.message, success: 0, error: 0 }
      }
    },
    async read(job) {
      if (job.jobArn === undefined || hasEnded(job)) return job
      const found = await client.send(new GetModelInvocationJobCommand({ jobIdentifier: job.jobArn }))
      return {
        jobArn: job.jobArn,
        status: found.status ?? job.status,
        success: found.successRecordCount ?? 0,
        error: found.errorRecordCount ?? 0,
        ...(found.message !== undefined && { message: found.message }),
      }
    },
    async stop({ jobArn }) {
      try {
        await client.send(new StopModelInvocationJobCommand({ jobIdentifier: jobArn }))
      } catch (error) {
        // The job has ended or is stopping.
        if (!(error instanceof BedrockServiceException) || error.name !== 'ConflictException') throw error
      }
    },
  }
}

/** True for a refusal that a repetition would get again. */
function isRefusal(error: unknown): error is BedrockServiceException {
  const names = [
    'ValidationException',
    'AccessDeniedException',
    'ResourceNotFoundException',
    'ServiceQuotaExceededException',
  ]
  return error instanceof BedrockServiceException && names.includes(error.name)
}
