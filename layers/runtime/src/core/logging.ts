import './index.ts'
import { Logger } from '@aws-lambda-powertools/logger'
import { MetricUnit } from '@aws-lambda-powertools/metrics'
import { annotateGenAi, describeGenAi } from './gen-ai-names.ts'
import type { Defer } from './model-call.ts'
import { StackMetrics } from './stack-metrics.ts'

/**
 * Logger of the suite. The template sets its name and level in POWERTOOLS_SERVICE_NAME and POWERTOOLS_LOG_LEVEL, and the release
 * in RELEASE, which tells the lines of two versions apart. Never log events, prompts or answers.
 */
export const logger = new Logger({ ...(process.env.RELEASE && { persistentKeys: { release: process.env.RELEASE } }) })

/** Metrics collector. The template sets POWERTOOLS_METRICS_NAMESPACE and POWERTOOLS_SERVICE_NAME. */
export const metrics = new StackMetrics()

/** Facts about a finished call, never its content. */
export interface CallRecord {
  readonly operation: string
  readonly statusCode: number
  readonly durationMs: number
  /** Type of the error that the caller got. */
  readonly errorType?: string
  /** Internal fault or connection error, for the log only. */
  readonly cause?: unknown
  /** True if the log includes the message of `cause`, as the operator decided. */
  readonly withCauseMessage?: boolean
  readonly gatewayRequestId?: string
  /** End of a stream: `complete`, `client-gone`, or the type of its error; absent if no stream began. */
  readonly ended?: string
  /** Facts from the route, such as modelId, attempts, tokens and stop reason. */
  readonly facts: Readonly<Record<string, string | number>>
}

/** Names of the metrics for facts. */
const TOKEN_METRICS = {
  inputTokens: 'InputTokens',
  outputTokens: 'OutputTokens',
  cacheReadInputTokens: 'CacheReadInputTokens',
  cacheWriteInputTokens: 'CacheWriteInputTokens',
} as const

/** Writes one log line and one metrics document for a finished call. */
export function recordCall(record: CallRecord): void {
  writeLogLine(record)
  const { operation, statusCode, durationMs, facts } = record
  metrics.addDimension('operation', operation)
  // Only ids that a model answered: a caller can invent ids, and each new value of a dimension is a metric that costs money.
  if (typeof facts.modelId === 'string' && isAnswerOfModel(statusCode)) metrics.addDimension('model', facts.modelId)
  // Metadata for searches, not a dimension: each caller would be a metric that costs money.
  if (typeof facts.caller === 'string') metrics.addMetadata('caller', facts.caller)
  metrics.addMetric('Calls', MetricUnit.Count, 1)
  metrics.addMetric('Duration', MetricUnit.Milliseconds, durationMs)
  const fault = classifyStatus(statusCode)
  for (const name of FAULT_METRICS) metrics.addMetric(name, MetricUnit.Count, name === fault ? 1 : 0)
  if (record.ended !== undefined) addStreamMetrics(record.ended, facts)
  for (const [member, name] of Object.entries(TOKEN_METRICS)) {
    const count = facts[member]
    if (typeof count === 'number') metrics.addMetric(name, MetricUnit.Count, count)
  }
  if (typeof facts.estimatedCostUsd === 'number') {
    metrics.addMetric('EstimatedCostUsd', MetricUnit.NoUnit, facts.estimatedCostUsd)
  }
  // Nobody waits for the end of a job.
  metrics.publishWithTotals(operation === 'RunJob' ? JOB_TOTALS : TOTALS)
  if (WRITES_GEN_AI && isAnswerOfModel(statusCode)) metrics.publishGenAi(describeGenAi(record) ?? {})
}

const FAULT_METRICS = ['ClientErrors', 'ModelErrors', 'Throttles', 'ServerErrors'] as const

/** Metrics that are also written for the whole stack. Alarms use these, since an alarm cannot sum over dimensions. */
const JOB_TOTALS = ['Calls', 'ModelErrors', 'Throttles', 'ServerErrors', 'StreamErrors', 'EstimatedCostUsd'] as const
const TOTALS = [...JOB_TOTALS, 'Duration'] as const

/** True if the operator wants metrics by the names of OpenTelemetry, too. Each costs money. */
const WRITES_GEN_AI = process.env.GEN_AI_METRICS === 'true'

/** Tells faults apart: of the caller, of the model, of a quota, of the stack or Bedrock. */
function classifyStatus(statusCode: number): (typeof FAULT_METRICS)[number] | undefined {
  if (statusCode < 400) return undefined
  if (statusCode >= 500) return 'ServerErrors'
  if (statusCode === 429) return 'Throttles'
  // A model that hangs (408) or fails (424).
  return statusCode === 408 || statusCode === 424 ? 'ModelErrors' : 'ClientErrors'
}

function addStreamMetrics(ended: string, { firstEventMs, firstTokenMs, tokensPerSecond }: CallRecord['facts']): void {
  metrics.addDimension('ended', ended)
  metrics.addMetric('BrokenStreams', MetricUnit.Count, ended === 'complete' ? 0 : 1)
  // A caller that closes the connection is no fault.
  metrics.addMetric('StreamErrors', MetricUnit.Count, ended === 'complete' || ended === 'client-gone' ? 0 : 1)
  if (typeof firstEventMs === 'number') metrics.addMetric('FirstEvent', MetricUnit.Milliseconds, firstEventMs)
  if (typeof firstTokenMs === 'number') metrics.addMetric('FirstToken', MetricUnit.Milliseconds, firstTokenMs)
  if (typeof tokensPerSecond === 'number') metrics.addMetric('TokensPerSecond', MetricUnit.NoUnit, tokensPerSecond)
}

function isAnswerOfModel(statusCode: number): boolean {
  return statusCode < 400 || statusCode === 424 || statusCode === 429
}

function writeLogLine({ facts, cause, withCauseMessage, ...outcome }: CallRecord): void {
  const { operation, statusCode, durationMs, errorType } = outcome
  const broken = failedEnd(outcome)
  const line = {
    ...outcome,
    durationMs: Math.round(durationMs),
    ...facts,
    ...describeGenAi({
      ...outcome,
      facts,
      ...(errorType === undefined && broken !== undefined && { errorType: broken }),
    }),
  }
  if (statusCode >= 500) {
    logger.error(`${operation} ended with ${errorType}`, { ...line, ...describeCause(cause, withCauseMessage) })
  } else if (statusCode >= 400) logger.warn(`${operation} ended with ${errorType}`, line)
  else if (broken)
    logger.warn(`${operation} broke off: ${broken}`, { ...line, ...describeCause(cause, withCauseMessage) })
  else logger.info(`${operation} answered`, line)
}

/**
 * Describes a fault by its name, code and stack. Its message is optional, since messages of parsers and validators quote
 * their input, which may be a prompt.
 */
function describeCause(cause: unknown, withMessage = false): Record<string, string> {
  if (!(cause instanceof Error)) return {}
  const code = (cause as { code?: unknown }).code
  return {
    causeName: cause.name,
    ...(withMessage && { causeMessage: cause.message }),
    ...(typeof code === 'string' && { causeCode: code }),
    causeStack: (cause.stack ?? '')
      .split('\n')
      .filter((line) => line.startsWith('    at '))
      .join('\n'),
  }
}

/**
 * Writes one log line and one metrics document for a sweep: the number of open jobs per state, and the age of the oldest.
 */
export function recordSweep({
  oldestOpenMs,
  ...counts
}: { readonly oldestOpenMs: number } & Record<string, number>): void {
  logger.info('swept', { ...counts, oldestOpenMs })
  metrics.addDimension('operation', 'SweepJobs')
  for (const [state, count] of Object.entries(counts)) {
    metrics.addMetric(`${state.charAt(0).toUpperCase()}${state.slice(1)}Jobs`, MetricUnit.Count, count)
  }
  metrics.addMetric('OldestOpenJob', MetricUnit.Seconds, Math.round(oldestOpenMs / 1000))
  metrics.publishStoredMetrics()
}

/** Tests whether X-Ray samples the current invocation. Lambda's runtime sets the variable for each invocation. */
function isTraced(): boolean {
  return process.env._X_AMZN_TRACE_ID?.includes('Sampled=1') ?? false
}

/**
 * Runs a call, inside an X-Ray subsegment if the invocation is sampled.
 *
 * @param facts returns the annotations of the subsegment after the call has ended; never prompts or answers
 */
export async function traceCall<Outcome>(
  name: string,
  run: () => Promise<Outcome>,
  facts: () => Readonly<Record<string, string | number>>,
): Promise<Outcome> {
  if (!isTraced()) return run()
  const { tracer } = await import('./tracer.ts')
  const subsegment = tracer.getSegment()?.addNewSubsegment(name)
  try {
    return await run()
  } catch (error) {
    subsegment?.addErrorFlag()
    throw error
  } finally {
    const known = facts()
    const annotations = { ...known, ...annotateGenAi({ operation: name, facts: known }) }
    for (const [key, value] of Object.entries(annotations)) subsegment?.addAnnotation(key, value)
    subsegment?.close()
  }
}

/**
 * Sends a call as a span to the operator's OpenTelemetry collector, after its answer, if the stack has one.
 *
 * @param traceparent header of the caller, whose trace the span continues
 */
export function deferSpan(record: CallRecord, defer: Defer, traceparent?: string): void {
  const endpoint = process.env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT
  if (!endpoint) return
  const { operation, facts, statusCode, durationMs, errorType = failedEnd(record) } = record
  const span = {
    operation,
    facts,
    statusCode,
    durationMs,
    endedAt: Date.now(),
    traceparent,
    xrayTrace: process.env._X_AMZN_TRACE_ID,
    ...(errorType !== undefined && { errorType }),
  }
  const {
    OTEL_EXPORTER_OTLP_HEADERS: headers = '',
    POWERTOOLS_SERVICE_NAME: service = 'bedrock-functions',
    RELEASE: release,
  } = process.env
  // Loaded only where it is used.
  defer('TraceExport', async () =>
    (await import('./export-span.ts')).exportSpan(span, { endpoint, headers, service, release }),
  )
}

/** Returns the reason of a stream's end that was not complete. */
function failedEnd({ ended }: Pick<CallRecord, 'ended'>): string | undefined {
  return ended === undefined || ended === 'complete' ? undefined : ended
}

/** Resolves to the outcome, or rejects with TimeoutError after `limitMs`. A later outcome is ignored. */
export async function withTimeout<Outcome>(limitMs: number, outcome: Promise<Outcome>): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined
  const expired = new Promise<never>((_, reject) => {
    const error = Object.assign(new Error(`it took longer than ${Math.round(limitMs)} ms`), { name: 'TimeoutError' })
    timer = setTimeout(() => reject(error), Math.max(limitMs, 0))
  })
  try {
    return await Promise.race([outcome, expired])
  } finally {
    clearTimeout(timer)
    // Nobody awaits a late failure.
    outcome.catch(() => {})
  }
}

/** Describes an error by name and code. Its message is left out, since it may quote the object to be written. */
export function describeFailure(error: unknown): Record<string, string> {
  if (!(error instanceof Error)) return {}
  const { name, code } = error as { name: string; code?: unknown }
  return { causeName: name, ...(typeof code === 'string' && { causeCode: code }) }
}
