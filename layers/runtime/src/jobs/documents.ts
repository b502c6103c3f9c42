import type { Usage } from '../core/model-call.ts'
import type { S3Location } from '../core/s3-uri.ts'
import type { EstimatedCost } from '../pipeline/cost/estimate-cost.ts'

/** Kind of a job: Bedrock's own asynchronous invocation, or a Converse or InvokeModel call by the worker. */
export type JobKind = 'bedrock' | 'converse' | 'invoke'

/** Input of a job: its text if it is small, otherwise an object. A caller's object has a fixed version. */
export type JobInput = { readonly text: string } | { readonly object: S3Location; readonly versionId?: string }

/** Bedrock's `s3OutputDataConfig`. */
export interface OutputLocation {
  readonly s3Uri: string
  readonly kmsKeyId?: string
  readonly bucketOwner?: string
}

/** Object for the answer of a job that an object under inbox/ started. */
export interface OutboxTarget {
  readonly inboxKey: string
  readonly inboxVersionId?: string
  readonly key: string
  /** Sequencer of S3, hexadecimal. It orders the drops of one name, so that the answer to the newest one stays. */
  readonly sequencer: string
}

/** Document `request.json`: the accepted request. It never changes. */
export interface JobRequest {
  readonly id: string
  readonly owner: string
  /** Identity of the caller. `owner` is its hash. */
  readonly caller: string
  readonly kind: JobKind
  readonly modelId: string
  readonly input?: JobInput
  /** Bedrock's own headers of the request, such as a guardrail's. */
  readonly headers?: Readonly<Record<string, string>>
  readonly output: OutputLocation
  /** Choice of the request about its record in the activity log. */
  readonly activity?: 'on' | 'off'
  readonly clientRequestToken?: string
  readonly requestHash: string
  /** ISO 8601. */
  readonly submitTime: string
  readonly outbox?: OutboxTarget
  /** ARN of an invocation that Bedrock runs. */
  readonly bedrockArn?: string
}

/** Document `lease.json`: the holder of a job, the number of tries, and the time of the next one. */
export interface JobLease {
  /** Number of tries begun; 0 if a sweep wrote the lease before the first try. */
  readonly attempt: number
  /** Invocation that works on the job; null while there is none. */
  readonly holder: string | null
  /** End of the holder's time, in milliseconds since 1970. */
  readonly until: number
  /** Earliest time of the next try, in milliseconds since 1970. */
  readonly notBefore: number
  /** Time when a sweep last called a worker, in milliseconds since 1970. */
  readonly remindedAt: number
  /** Id of this write. It shows whether an equal document is a retry by the SDK or another writer's. */
  readonly writer: string
}

/** Reason for a job's failure. */
export interface JobFailure {
  /** Bedrock's error type. */
  readonly type: string
  readonly message: string
  /** HTTP status that a synchronous call would have had. */
  readonly statusCode: number
  /** True if the same request may succeed later. Such jobs go to the dead-letter queue. */
  readonly retryable: boolean
}

/** Document `end.json`: the end of a job. It never changes. */
export interface JobEnd {
  readonly status: 'Completed' | 'Failed'
  /** ISO 8601. */
  readonly endTime: string
  readonly failure?: JobFailure
  /** Keys in the output's bucket. */
  readonly outputs: readonly string[]
  readonly contentType?: string
  readonly usage?: Usage
  /** Absent for an invocation that Bedrock runs. */
  readonly estimatedCost?: EstimatedCost
  readonly attempts: number
  /** Id of this write, as in a lease. */
  readonly writer?: string
}

export type JobStatus = 'InProgress' | JobEnd['status']
