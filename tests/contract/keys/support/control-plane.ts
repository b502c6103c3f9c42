import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface StoredApiKey {
  readonly id: string
  readonly name: string
  readonly value: string
  enabled: boolean
  readonly createdDate: number
}

interface RequestBody {
  readonly name?: string
  readonly enabled?: boolean
  readonly keyId?: string
  readonly keyType?: string
  readonly patchOperations?: readonly { readonly op: string; readonly path: string; readonly value: string }[]
}

/** Control plane of API Gateway (2015-07-09) for keys: paths, JSON and pages. */
export interface ControlPlane {
  readonly url: string
  readonly keys: readonly StoredApiKey[]
  /** `METHOD /path` of each request, in order of arrival. */
  readonly requests: readonly string[]
  /** Usage plans by id, with name and keys. */
  readonly plans: Map<string, { readonly name: string; readonly keys: string[] }>
  addKey(name: string, plan?: string): StoredApiKey
  /** Error of the next request of this kind. */
  failNext(request: string, statusCode: number, type: string): void
  close(): Promise<void>
}

/** Items per page; few, so that every listing has several pages. */
const PAGE = 2

export async function startControlPlane(): Promise<ControlPlane> {
  const keys: StoredApiKey[] = []
  const plans: ControlPlane['plans'] = new Map([['plan01', { name: 'bedrock-functions', keys: [] }]])
  const requests: string[] = []
  const failures = new Map<string, { statusCode: number; type: string }>()

  function addKey(name: string, plan?: string): StoredApiKey {
    const number = String(keys.length + 1).padStart(2, '0')
    const key = { id: `key${number}`, name, value: `MARKER-value-${number}`, enabled: true, createdDate: 1_767_225_600 }
    keys.push(key)
    if (plan !== undefined) plans.get(plan)?.keys.push(key.id)
    return key
  }

  const withoutValues = () => keys.map(({ value: _, ...others }) => others)
  const named = () => [...plans].map(([id, { name }]) => ({ id, name }))
  // This listing always includes the values.
  const inPlan = (ids: readonly string[]) =>
    keys.filter(({ id }) => ids.includes(id)).map((key) => ({ ...key, type: 'API_KEY' }))

  function answer(method: string, url: URL, body: RequestBody): [number, unknown] {
    const [, collection, id, isPlanKeys] = /^\/(\w+)(?:\/(\w+)(\/keys)?)?$/.exec(url.pathname) ?? []
    const route = `${method} ${collection}`
    if (id === undefined && route === 'GET usageplans') return [200, page(url, named())]
    if (id === undefined && route === 'GET apikeys') return [200, page(url, withoutValues())]
    if (id === undefined) return [201, { ...addKey(String(body.name)), enabled: body.enabled }]
    return isPlanKeys === undefined ? answerKey(method, id, body) : answerPlanKeys(method, url, id, body)
  }

  function answerPlanKeys(method: string, url: URL, id: string, body: RequestBody): [number, unknown] {
    const plan = plans.get(id)
    if (!plan) return notFound('Invalid Usage Plan ID specified')
    if (method === 'GET') return [200, page(url, inPlan(plan.keys))]
    plan.keys.push(String(body.keyId))
    return [201, { id: body.keyId, type: body.keyType }]
  }

  function answerKey(method: string, id: string, { patchOperations = [] }: RequestBody): [number, unknown] {
    const key = keys.find((known) => known.id === id)
    if (!key) return notFound('Invalid API Key identifier specified')
    if (method === 'DELETE') {
      keys.splice(keys.indexOf(key), 1)
      return [202, {}]
    }
    for (const { op, path, value } of patchOperations) {
      if (op === 'replace' && path === '/enabled') key.enabled = value === 'true'
    }
    return [200, key]
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://localhost')
    let text = ''
    for await (const chunk of request) text += chunk
    const route = `${request.method} ${url.pathname}`
    requests.push(route)
    const failure = failures.get(route)
    failures.delete(route)
    const [statusCode, body] = failure
      ? [failure.statusCode, { message: failure.type }]
      : answer(request.method ?? '', url, text === '' ? {} : JSON.parse(text))
    const type = failure?.type ?? (statusCode === 404 ? 'NotFoundException' : undefined)
    response.writeHead(statusCode, { 'content-type': 'application/json', ...(type && { 'x-amzn-errortype': type }) })
    response.end(JSON.stringify(body))
  }

  const server = createServer((request, response) => void serve(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys,
    plans,
    requests,
    addKey,
    failNext: (route, statusCode, type) => failures.set(route, { statusCode, type }),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

function page(url: URL, items: readonly unknown[]): unknown {
  const start = Number(url.searchParams.get('position') ?? 0)
  const next = start + PAGE
  return { item: items.slice(start, next), ...(next < items.length && { position: String(next) }) }
}

function notFound(message: string): [number, unknown] {
  return [404, { message }]
}
