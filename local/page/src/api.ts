/** Error of the API, with the name and the message that Bedrock gave. */
export class ApiError extends Error {
  readonly type: string

  constructor(type: string, message: string) {
    super(message)
    this.type = type
  }
}

/** API key of the visitor. It lives only in this variable: no storage, no URL. */
let apiKey = ''

export function setApiKey(key: string): void {
  apiKey = key
}

/** Address of a route: the page lies in the folder of the API's root, such as `/v1/console`. */
export function urlOf(path: string): string {
  return new URL(`./${path}`, document.baseURI).href
}

export interface CallOptions {
  readonly method?: string
  /** Sent as JSON. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** Calls a route. @throws ApiError for a status of 400 or more */
export async function call(path: string, { method, body, headers, signal }: CallOptions = {}): Promise<Response> {
  const response = await fetch(urlOf(path), {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      accept: 'application/json',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(apiKey !== '' && { authorization: `Bearer ${apiKey}` }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  })
  if (response.ok) return response
  throw toApiError(response, await response.text())
}

export async function callJson<Answer>(path: string, options?: CallOptions): Promise<Answer> {
  return (await call(path, options)).json() as Promise<Answer>
}

export interface ServerEvent {
  readonly name: string
  readonly data: string
}

/** Reads the server-sent events of a response. Source: HTML standard, "Server-sent events". */
export async function* readEvents(response: Response): AsyncGenerator<ServerEvent> {
  if (!response.body) return
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const event = parseEvent(block)
      if (event) yield event
    }
  }
}

function parseEvent(block: string): ServerEvent | undefined {
  const fields = block.split('\n').map((line) => /^(?<name>[^:]*): ?(?<value>.*)$/.exec(line)?.groups)
  const data = fields.filter((field) => field?.name === 'data').map((field) => field?.value)
  if (data.length === 0) return undefined
  return { name: fields.find((field) => field?.name === 'event')?.value ?? 'message', data: data.join('\n') }
}

function toApiError({ status, statusText, headers }: Response, text: string): ApiError {
  const type = (headers.get('x-amzn-errortype') ?? '').split(':')[0] || statusText || `HTTP ${status}`
  try {
    const { message } = JSON.parse(text) as { message?: string }
    return new ApiError(type, message ?? text)
  } catch {
    return new ApiError(type, text.slice(0, 500))
  }
}
