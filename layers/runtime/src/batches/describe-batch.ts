import {
  BATCH_PRICE_FACTOR,
  type BatchEnd,
  type BatchEstimate,
  type BatchPlan,
  type BatchRequest,
  type BatchRoute,
  type BatchStatus,
  type RecordCounts,
} from './batch.ts'

/** A batch as its documents tell it. */
export interface Batch {
  readonly request: BatchRequest
  readonly plan: BatchPlan | undefined
  readonly end: BatchEnd | undefined
  readonly isStopped: boolean
  /** Counts of a batch that runs. */
  readonly counts?: RecordCounts | undefined
  /** Reason why the map answers a batch that was planned for Bedrock. */
  readonly mapReason?: string | undefined
}

const HOUR_MS = 3_600_000

export function arnOfBatch({ id }: Pick<BatchRequest, 'id'>, arnPrefix: string): string {
  return `${arnPrefix}:model-invocation-job/${id}`
}

export function statusOfBatch({ plan, end, isStopped }: Batch): BatchStatus {
  if (end) return end.status
  if (isStopped) return 'Stopping'
  return plan ? 'InProgress' : 'Validating'
}

export function expirationOf({ submitTime, timeoutHours }: BatchRequest): number {
  return Date.parse(submitTime) + timeoutHours * HOUR_MS
}

/**
 * Describes a batch as GetModelInvocationJob and ListModelInvocationJobs do. `route`, `routeReason`, `estimate`, `usage` and
 * `estimatedCost` are the suite's own.
 */
export function describeBatch(batch: Batch, arnPrefix: string): Record<string, unknown> {
  const { request, plan, end, mapReason } = batch
  const counts = end?.counts ?? batch.counts
  return {
    jobArn: arnOfBatch(request, arnPrefix),
    jobName: request.jobName,
    modelId: request.askedModelId,
    ...(request.clientRequestToken !== undefined && { clientRequestToken: request.clientRequestToken }),
    roleArn: request.roleArn ?? `${arnPrefix.replace(/:bedrock:[^:]*:/, ':iam::')}:role/bedrock-functions`,
    status: statusOfBatch(batch),
    ...(end?.message !== undefined && { message: end.message }),
    submitTime: request.submitTime,
    lastModifiedTime: end?.endTime ?? plan?.plannedAt ?? request.submitTime,
    ...(end && { endTime: end.endTime }),
    inputDataConfig: request.inputDataConfig,
    outputDataConfig: request.outputDataConfig,
    timeoutDurationInHours: request.timeoutHours,
    jobExpirationTime: new Date(expirationOf(request)).toISOString(),
    modelInvocationType: request.type,
    ...counts,
    ...(plan && describePlan(plan, mapReason)),
    ...(end?.usage && { usage: end.usage }),
    ...(end?.estimatedCost && { estimatedCost: end.estimatedCost }),
  }
}

/** Describes how a batch is answered: as planned, or by the map after Bedrock's refusal `mapReason`. */
function describePlan({ route: planned, reason, estimate }: BatchPlan, mapReason: string | undefined) {
  const route = mapReason === undefined ? planned : 'map'
  return { route, routeReason: mapReason ?? reason, estimate: describeEstimate(estimate, route) }
}

function describeEstimate({ inputUsd, maxOutputUsd, ...counts }: BatchEstimate, route: BatchRoute) {
  const isHalfPrice = route === 'bedrock'
  const priced = (usd: number | null) => usd && usd * (isHalfPrice ? BATCH_PRICE_FACTOR : 1)
  return { ...counts, inputUsd: priced(inputUsd), maxOutputUsd: priced(maxOutputUsd), isHalfPrice }
}

/** Counts of a batch of which these records have answers. */
export function countsOf(total: number, successes: number, errors: number): RecordCounts {
  return {
    totalRecordCount: total,
    processedRecordCount: successes + errors,
    successRecordCount: successes,
    errorRecordCount: errors,
  }
}
