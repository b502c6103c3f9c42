/** Headers of Bedrock's API in requests. Others belong to one connection, or hold credentials. */
export function pickRequestHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return pick(headers, (name) => name === 'content-type' || name === 'accept' || name.startsWith('x-amzn-bedrock-'))
}

/** Headers of Bedrock's API in answers, with the request id and the type of an error. */
export function pickAnswerHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return pick(headers, (name) => name === 'content-type' || name === 'retry-after' || name.startsWith('x-amzn-'))
}

function pick(headers: Readonly<Record<string, string>>, isPicked: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => isPicked(name)))
}

const EVENT_STREAM = 'application/vnd.amazon.eventstream'

export function isEventStream(headers: Readonly<Record<string, string>>): boolean {
  return headers['content-type']?.startsWith(EVENT_STREAM) ?? false
}

/** Error type without what may follow it, as in `ValidationException:http://…`. */
export function readErrorType(headers: Readonly<Record<string, string>>): string | undefined {
  return headers['x-amzn-errortype']?.replace(/:.*$/s, '')
}
