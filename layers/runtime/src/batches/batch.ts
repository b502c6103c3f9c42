import type { Usage } from '../core/model-call.ts'
import type { S3Location } from '../core/s3-uri.ts'
import type { OutputLocation } from '../jobs/documents.ts'
import type { EstimatedCost } from '../pipeline/cost/estimate-cost.ts'

/** Contract of the records' `modelInput`. Source: the service model of bedrock 2023-04-20, ModelInvocationType. */
export const INVOCATION_TYPES = ['InvokeModel', 'Converse'] as const

export type InvocationType = (typeof INVOCATION_TYPES)[number]

/** Way in which the records are answered: one by one on the map of a state machine, or by batch jobs of Bedrock. */
export const BATCH_ROUTES = ['map', 'bedrock'] as const

export type BatchRoute = (typeof BATCH_ROUTES)[number]

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

/** Status of a batch that has ended. */
export type EndStatus = Extract<BatchStatus, 'Completed' | 'PartiallyCompleted' | 'Failed' | 'Stopped' | 'Expired'>

/** Time in which a batch must end, unless the request says otherwise. */
export const DEFAULT_TIMEOUT_HOURS = 24

/** Contract of the records and of the batch other than Bedrock's own. */
export type BatchFormat = 'openai' | 'anthropic'

/** Name of a batch's folder. `owner` is the hash of the caller's identity. */
export interface BatchName {
  readonly owner: string
  readonly id: string
}

/** Document `request.json`: the accepted request. It never changes. */
export interface BatchRequest extends BatchName {
  /** Identity of the caller. `owner` is its hash. */
  readonly caller: string
  readonly jobName: string
  /** Model as the caller named it, and as it was resolved; empty where each record names its own. */
  readonly askedModelId: string
  readonly modelId: string
  readonly type: InvocationType
  /** Contract of the records; undefined for Bedrock's. Each such record names its own model. */
  readonly format?: BatchFormat
  /** Headers of the request that apply to each record, such as a version of the contract. */
  readonly headers?: Readonly<Record<string, string>>
  /** Name of the input as the caller gave it, in OpenAI's contract. */
  readonly askedInput?: string
  /** Number of records, where the request has them. */
  readonly records?: number
  /** Facts that the caller attached, for its own use. */
  readonly metadata?: Readonly<Record<string, string>>
  /** A file of records, or a folder of such files. */
  readonly input: S3Location
  /** Bedrock's `inputDataConfig` and `outputDataConfig`, as they were sent. */
  readonly inputDataConfig: unknown
  readonly outputDataConfig: unknown
  readonly output: OutputLocation
  /** Route that the caller demands. */
  readonly route?: BatchRoute
  /** Kept for the answers of Get and List. The stack uses roles of its own. */
  readonly roleArn?: string
  readonly timeoutHours: number
  readonly tags?: readonly { readonly key: string; readonly value: string }[]
  readonly clientRequestToken?: string
  readonly requestHash: string
  /** ISO 8601. */
  readonly submitTime: string
}

/** A file of records. */
export interface BatchFile extends S3Location {
  readonly versionId?: string
  /** Path below the input's folder. The output repeats it. */
  readonly name: string
  readonly bytes: number
  readonly records: number
}

/** Records of a file that one invocation answers: the bytes from `start` until `end`, lines with their line feeds. */
export interface BatchItem {
  /** Number of the item in the batch, from 0. */
  readonly item: number
  /** Number of the file, from 0. */
  readonly file: number
  /** Number of the first line, from 1, and of the first record, from 0. */
  readonly line: number
  readonly first: number
  readonly count: number
  readonly start: number
  readonly end: number
}

/** Part of a batch that is one batch job of Bedrock. */
export interface BatchPart {
  /** Key of the part's input in the stack's bucket. */
  readonly inputKey: string
  readonly file: number
  readonly records: number
}

/** Cost of a batch before it runs, from a sample of its records, at the full price. */
export interface BatchEstimate {
  /** Records that were counted. */
  readonly sampledRecords: number
  /** Estimated input tokens of all records. */
  readonly inputTokens: number
  /** US dollars for the input, and at most for the output; null if a price or a limit is unknown. */
  readonly inputUsd: number | null
  readonly maxOutputUsd: number | null
}

/** Share of the price that Bedrock's batch costs. Source: Amazon Bedrock pricing, as of 2026-10. */
export const BATCH_PRICE_FACTOR = 0.5

/** Document `plan.json`: the checked input and the way to answer it. It never changes. */
export interface BatchPlan {
  /** ARN of the execution that made the plan, which alone carries it out. */
  readonly execution: string
  readonly route: BatchRoute
  /** Reason for the route, in a sentence. */
  readonly reason: string
  readonly files: readonly BatchFile[]
  readonly records: number
  readonly items: number
  readonly parts?: readonly BatchPart[]
  readonly estimate: BatchEstimate
  /** ISO 8601. */
  readonly plannedAt: string
}

/** Counts of Get, List and the manifest. */
export interface RecordCounts {
  readonly totalRecordCount: number
  readonly processedRecordCount: number
  readonly successRecordCount: number
  readonly errorRecordCount: number
}

/** Document `end.json`: the end of a batch. It never changes. */
export interface BatchEnd {
  readonly status: EndStatus
  /** ISO 8601. */
  readonly endTime: string
  readonly message?: string
  readonly counts?: RecordCounts
  readonly usage?: Usage
  readonly estimatedCost?: EstimatedCost
}

/** Limit of a record, in bytes: Bedrock's limit of a body, and its identifier. */
export const MAX_LINE_BYTES = 25_000_000 + 1024
