import type { Usage } from '../bedrock/read-usage.ts'
import type { EstimatedCost } from '../pipeline/cost/estimate-cost.ts'

/** A place in S3. */
export interface S3Location {
  readonly bucket: string
  readonly key: string
}

/**
 * How a job is run: by Bedrock's own asynchronous invocation, or by our worker as a Converse or InvokeModel call.
 */
export type JobKind = 'bedrock' | 'converse' | 'invoke'

/** A job's whole input: small ones stand in its request, others in an object, of a fixed version where it is a caller's. */
export type JobInput = { readonly text: string } | { readonly object: S3Location; readonly versionId?: string }

/** Bedrock's `s3OutputDataConfig`. */
export interface OutputLocation {
  readonly s3Uri: string
  readonly kmsKeyId?: string
  readonly bucketOwner?: string
}

/** Where the answer of a job goes that an object under inbox/ started. */
export interface OutboxTarget {
  readonly inboxKey: string
  readonly inboxVersionId?: string
  readonly key: string
  /** S3's, hexadecimal: of several drops of one name the newest one's answer stays. */
  readonly sequencer: string
}

/** `request.json`: what was accepted. Never changed after. */
export interface JobRequest {
  readonly id: string
  readonly owner: string
  /** Whose hash the owner is. */
  readonly caller: string
  readonly kind: JobKind
  readonly modelId: string
  readonly input?: JobInput
  /** Bedrock's own headers of the request, such as a guardrail's. */
  readonly headers?: Readonly<Record<string, string>>
  readonly output: OutputLocation
  /** Whether it is to be in the activity log, where the request said. */
  readonly activity?: 'on' | 'off'
  readonly clientRequestToken?: string
  readonly requestHash: string
  /** ISO 8601. */
  readonly submitTime: string
  readonly outbox?: OutboxTarget
  /** Of an invocation that Bedrock runs. */
  readonly bedrockArn?: string
}

/** `lease.json`: who works on a job, how often that was tried, and when it may be tried again. */
export interface JobLease {
  /** Tries begun, 0 where a sweep wrote the lease. */
  readonly attempt: number
  /** The invocation that works on it; null while none does. */
  readonly holder: string | null
  /** Until when the holder can be at work, milliseconds since 1970. */
  readonly until: number
  /** Not to be tried before, milliseconds since 1970. */
  readonly notBefore: number
  /** When a sweep last called a worker for it, milliseconds since 1970. */
  readonly remindedAt: number
  /** Of this write: tells its own repetition by the SDK from another's of the same content. */
  readonly writer: string
}

/** Why a job failed. */
export interface JobFailure {
  /** Bedrock's name of the error. */
  readonly type: string
  readonly message: string
  /** The status with which a synchronous call would have failed. */
  readonly statusCode: number
  /** Whether the same request may do better another time; those go to the dead-letter queue. */
  readonly retryable: boolean
}

/** `end.json`: how a job ended. Never changed after. */
export interface JobEnd {
  readonly status: 'Completed' | 'Failed'
  /** ISO 8601. */
  readonly endTime: string
  readonly failure?: JobFailure
  /** Keys in the output's bucket. */
  readonly outputs: readonly string[]
  readonly outputVersionId?: string
  readonly contentType?: string
  readonly usage?: Usage
  /** Absent for what Bedrock runs itself. */
  readonly estimatedCost?: EstimatedCost
  readonly attempts: number
  /** Of this write, as in a lease. */
  readonly writer?: string
}

export type JobStatus = 'InProgress' | JobEnd['status']
