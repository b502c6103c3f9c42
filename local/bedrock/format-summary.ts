import type { RequestSummary } from './http/serve-requests.ts'

/**
 * One readable line for a request, such as `200 Converse us.amazon.nova-pro-v1:0 12 ms, 31 + 58 tokens`; a stream's goes
 * on `, 63 events` and, where it has not come to the model's end, how it ended.
 */
export function formatSummary(summary: RequestSummary): string {
  const { statusCode, operation, method, path, durationMs } = summary
  const status = summary.isAbandoned ? 'gone' : String(statusCode)
  const subject =
    operation === undefined ? `${method} ${show(path)}` : `${operation} ${show(nameResource(path))}`.trim()
  return [`${status} ${subject} ${durationMs} ms`, ...describeEnd(summary)].join(', ')
}

function describeEnd({ inputTokens, outputTokens, events, ending, errorType, isAbandoned }: RequestSummary): string[] {
  const output = outputTokens === undefined ? '' : ` + ${outputTokens}`
  return [
    ...(inputTokens === undefined ? [] : [`${inputTokens}${output} tokens`]),
    ...(events === undefined ? [] : [`${events} events`]),
    ...(ending === 'reset' || ending === 'cut' ? [ending] : []),
    // Nobody was told of an error that leaving brought about.
    ...(errorType === undefined || isAbandoned ? [] : [errorType]),
  ]
}

/** What stands after the first segment, as in `/model/{modelId}/converse`; an invocation's ARN is the path's end. */
function nameResource(path: string): string {
  const [, collection, ...rest] = decodeURIComponent(path).split('/')
  return (collection === 'async-invoke' ? rest : rest.slice(0, -1)).join('/')
}

/** A path is the client's: no control characters of it reach a terminal, and no more than a line. */
function show(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 200)
}
