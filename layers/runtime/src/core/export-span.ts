import { randomBytes } from 'node:crypto'
import { describeGenAi } from './gen-ai-names.ts'
import type { Facts } from './model-call.ts'

/** Finished call, as a span of a trace. */
export interface CallSpan {
  readonly operation: string
  readonly facts: Readonly<Facts>
  readonly statusCode: number
  readonly durationMs: number
  /** Milliseconds since 1970. */
  readonly endedAt: number
  readonly errorType?: string
  /** Value of the caller's header `traceparent` (W3C Trace Context). */
  readonly traceparent?: string | undefined
  /** Value of Lambda's _X_AMZN_TRACE_ID. */
  readonly xrayTrace?: string | undefined
}

export interface ExportOptions {
  readonly endpoint: string
  /** Headers as OpenTelemetry's environment variable has them: `name=value,name=value`, values percent-encoded. */
  readonly headers: string
  readonly service: string
  /** Release that the operator names, if any. */
  readonly release?: string | undefined
}

/** Longest time for the export. The caller has its answer, but Lambda charges for the wait. */
const EXPORT_LIMIT_MS = 2000

const KIND_SERVER = 2
const KIND_CLIENT = 3
const STATUS_ERROR = 2

/**
 * Sends a span to a collector by OTLP over HTTP, as JSON. It has facts only, never prompts or answers.
 *
 * @throws Error with the status as its code if the collector refuses the span
 */
export async function exportSpan(
  span: CallSpan,
  { endpoint, headers, service, release }: ExportOptions,
): Promise<void> {
  const context = readContext(span)
  if (!context) return
  const resource = {
    'service.name': service,
    ...(release && { 'service.version': release }),
    'cloud.platform': 'aws_lambda',
  }
  const body = JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: toAttributes(resource) },
        scopeSpans: [{ scope: { name: 'bedrock-functions' }, spans: [{ ...context, ...describeSpan(span) }] }],
      },
    ],
  })
  const reply = await fetch(endpoint, {
    method: 'POST',
    headers: { ...readHeaders(headers), 'content-type': 'application/json' },
    body,
    signal: AbortSignal.timeout(EXPORT_LIMIT_MS),
  })
  await reply.arrayBuffer()
  if (!reply.ok) throw Object.assign(new Error('the collector refused the span'), { code: `HTTP ${reply.status}` })
}

function describeSpan({ operation, facts, statusCode, durationMs, endedAt, errorType }: CallSpan) {
  const described = describeGenAi({
    operation,
    facts,
    statusCode,
    durationMs,
    ...(errorType !== undefined && { errorType }),
  })
  const { bedrockRequestId, ...others } = facts
  const own = Object.fromEntries(Object.entries(others).map(([name, value]) => [`bedrock_functions.${name}`, value]))
  const name = described?.['gen_ai.operation.name']
  return {
    name: name === undefined ? operation : `${name} ${facts.modelId ?? ''}`.trim(),
    kind: name === undefined ? KIND_SERVER : KIND_CLIENT,
    startTimeUnixNano: toNanoseconds(endedAt - durationMs),
    endTimeUnixNano: toNanoseconds(endedAt),
    attributes: toAttributes({
      ...described,
      'bedrock_functions.operation': operation,
      'http.response.status_code': statusCode,
      ...(errorType !== undefined && { 'error.type': errorType }),
      ...(bedrockRequestId !== undefined && { 'aws.request_id': bedrockRequestId }),
      ...own,
    }),
    ...(errorType !== undefined && { status: { code: STATUS_ERROR } }),
  }
}

/**
 * Continues the trace of the caller, or that of X-Ray, or begins one.
 *
 * @returns undefined if the caller does not sample its trace
 */
function readContext({ traceparent = '', xrayTrace = '' }: CallSpan) {
  const spanId = randomBytes(8).toString('hex')
  const caller = /^[0-9a-f]{2}-(?<traceId>[0-9a-f]{32})-(?<parentSpanId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})$/.exec(
    traceparent,
  )?.groups
  if (caller) {
    const { traceId, parentSpanId, flags = '' } = caller
    const isSampled = Number.parseInt(flags, 16) % 2 === 1
    return isSampled ? { traceId, parentSpanId, spanId } : undefined
  }
  const { time, rest } = /Root=1-(?<time>[0-9a-f]{8})-(?<rest>[0-9a-f]{24})/.exec(xrayTrace)?.groups ?? {}
  const traceId = time === undefined ? randomBytes(16).toString('hex') : `${time}${rest}`
  return { traceId, spanId }
}

function toNanoseconds(milliseconds: number): string {
  return (BigInt(Math.round(milliseconds * 1000)) * 1000n).toString()
}

function toAttributes(members: Readonly<Record<string, unknown>>) {
  return Object.entries(members).map(([key, value]) => ({ key, value: toValue(value) }))
}

function toValue(value: unknown): object {
  if (Array.isArray(value)) return { arrayValue: { values: value.map(toValue) } }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value !== 'number') return { stringValue: String(value) }
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}

function readHeaders(text: string): Record<string, string> {
  const pairs = text.split(',').filter((pair) => pair.includes('='))
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      return [pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())]
    }),
  )
}
