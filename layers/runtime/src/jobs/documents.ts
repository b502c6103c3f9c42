import type { Usage } from '../core/model-call.ts'
import type { S3Location } from '../core/s3-uri.ts'
import type { EstimatedCost } from '../pipeline/cost/estimate-cost.ts'

/** Who runs a job: Bedrock's own asynchronous invocation, or the worker as a Converse or InvokeModel call. */
export type JobKind = 'bedrock' | 'converse' | 'invoke'

/** A job's whole input: its text where it is small, otherwise an object. A caller's object has a fixed version. */
export type JobInput = { readonly text: string } | { readonly object: S3Location; readonly versionId?: string }

/** Bedrock's `s3OutputDataConfig`. */
export interface OutputLocation {
  readonly s3Uri: string
  readonly kmsKeyId?: string
  readonly bucketOwner?: string
}

/** The object for the answer of a job that an object under inbox/ started. */
export interface OutboxTarget {
  readonly inboxKey: string
  readonly inboxVersionId?: string
  readonly key: string
  /** S3's sequencer, hexadecimal: of several drops of one name the newest one's answer stays. */
  readonly sequencer: string
}

/** `request.json`: the accepted request. It never changes. */
export interface JobRequest {
  readonly id: string
  readonly owner: string
  /** The identity that `owner` is the hash of. */
  readonly caller: string
  readonly kind: JobKind
  readonly modelId: string
  readonly input?: JobInput
  /** Bedrock's own headers of the request, such as a guardrail's. */
  readonly headers?: Readonly<Record<string, string>>
  readonly output: OutputLocation
  /** The request's wish to be in the activity log or not. */
  readonly activity?: 'on' | 'off'
  readonly clientRequestToken?: string
  readonly requestHash: string
  /** ISO 8601. */
  readonly submitTime: string
  readonly outbox?: OutboxTarget
  /** Only of an invocation that Bedrock runs. */
  readonly bedrockArn?: string
}

/** `lease.json`: the holder of a job, the number of tries, and the time of the next one. */
export interface JobLease {
  /** Tries begun, 0 where a sweep wrote the lease. */
  readonly attempt: number
  /** The invocation that works on it; null while none does. */
  readonly holder: string | null
  /** The end of the holder's time, milliseconds since 1970. */
  readonly until: number
  /** The next try comes no earlier, milliseconds since 1970. */
  readonly notBefore: number
  /** The time when a sweep last called a worker, milliseconds since 1970. */
  readonly remindedAt: number
  /** An id of this write: tells a repetition by the SDK from another writer's document of the same content. */
  readonly writer: string
}

/** The reason of a job's failure. */
export interface JobFailure {
  /** Bedrock's name of the error. */
  readonly type: string
  readonly message: string
  /** The status with which a synchronous call would have failed. */
  readonly statusCode: number
  /** Whether the same request may succeed another time; those go to the dead-letter queue. */
  readonly retryable: boolean
}

/** `end.json`: the end of a job. It never changes. */
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
  /** An id of this write, as in a lease. */
  readonly writer?: string
}

export type JobStatus = 'InProgress' | JobEnd['status']
