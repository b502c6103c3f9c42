import type { RequestSummary } from './http/request-summary.ts'

/**
 * Formats a request as one line, such as `200 Converse us.amazon.nova-pro-v1:0 12 ms, 31 + 58 tokens`. A stream adds
 * `, 63 events` and, unless it reached the model's end, its ending.
 */
export function formatSummary(summary: RequestSummary): string {
  const { statusCode, operation, method, path, durationMs, resource = nameResource(path) } = summary
  const status = summary.isAbandoned ? 'gone' : String(statusCode)
  const subject = operation === undefined ? `${method} ${show(path)}` : `${operation} ${show(resource)}`.trim()
  return [`${status} ${subject} ${durationMs} ms`, ...describeEnd(summary)].join(', ')
}

function describeEnd({ inputTokens, outputTokens, events, ending, errorType, isAbandoned }: RequestSummary): string[] {
  const output = outputTokens === undefined ? '' : ` + ${outputTokens}`
  return [
    ...(inputTokens === undefined ? [] : [`${inputTokens}${output} tokens`]),
    ...(events === undefined ? [] : [`${events} events`]),
    ...(ending === 'reset' || ending === 'cut' ? [ending] : []),
    // A client that disconnected got no error.
    ...(errorType === undefined || isAbandoned ? [] : [errorType]),
  ]
}

/**
 * Returns the resource after the first segment, as in `/model/{modelId}/converse`; the ARN of an invocation or a batch job
 * may end the path. Paths of doors have none.
 */
function nameResource(path: string): string {
  const [, collection = '', ...rest] = decodeURIComponent(path).split('/')
  if (['anthropic', 'openai'].includes(collection)) return ''
  const endsWithArn = collection === 'async-invoke' || (collection === 'model-invocation-job' && rest.at(-1) !== 'stop')
  return (endsWithArn ? rest : rest.slice(0, -1)).join('/')
}

/** Removes control characters from the client's path and limits its length, for the terminal. */
function show(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 200)
}
