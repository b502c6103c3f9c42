/** Headers of the doors' contracts that change the answer. */
export const CONTRACT_HEADERS: readonly string[] = ['anthropic-beta', 'anthropic-version', 'openai-project']

const REQUEST_IDS: readonly string[] = ['request-id', 'x-request-id']

/** Headers of Bedrock's API and of its doors in requests. Others belong to one connection, or hold credentials. */
export function pickRequestHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const names = ['content-type', 'accept', ...CONTRACT_HEADERS]
  return pick(headers, (name) => names.includes(name) || name.startsWith('x-amzn-bedrock-'))
}

/** Headers of Bedrock's API in answers, with the request id and the type of an error. */
export function pickAnswerHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const names = ['content-type', 'retry-after', ...REQUEST_IDS]
  return pick(headers, (name) => names.includes(name) || name.startsWith('x-amzn-'))
}

function pick(headers: Readonly<Record<string, string>>, isPicked: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => isPicked(name)))
}

const EVENT_STREAM = 'application/vnd.amazon.eventstream'

/** True for a stream of server-sent events, as doors send it. */
export function isServerSent(headers: Readonly<Record<string, string>>): boolean {
  return headers['content-type']?.startsWith('text/event-stream') ?? false
}

/** True for a stream of frames or of server-sent events. */
export function isStream(headers: Readonly<Record<string, string>>): boolean {
  return isEventStream(headers) || isServerSent(headers)
}

function isEventStream(headers: Readonly<Record<string, string>>): boolean {
  return headers['content-type']?.startsWith(EVENT_STREAM) ?? false
}

/** Error type without what may follow it, as in `ValidationException:http://…`. */
export function readErrorType(headers: Readonly<Record<string, string>>): string | undefined {
  return headers['x-amzn-errortype']?.replace(/:.*$/s, '')
}
