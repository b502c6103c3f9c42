import type { ReceivedRequest } from './received-request.ts'

const DEFAULT_PORTS = { http: '80', https: '443' }

/** Headers that the gateway sets. */
const FORWARDED = new Set(['x-amzn-trace-id', 'x-forwarded-for', 'x-forwarded-port', 'x-forwarded-proto'])

/** Headers of an event: those of the client, except for the names that the gateway sets itself. */
export function forwardedHeaders(received: ReceivedRequest, traceRoot: string): (readonly [string, string])[] {
  return [
    ...received.headers.filter(([name]) => !FORWARDED.has(name.toLowerCase())),
    ['X-Amzn-Trace-Id', traceRoot],
    ['X-Forwarded-For', received.sourceIp],
    ['X-Forwarded-Port', hostPort(received)],
    ['X-Forwarded-Proto', received.scheme],
  ]
}

function hostPort(received: ReceivedRequest): string {
  const host = received.headers.find(([name]) => name.toLowerCase() === 'host')?.[1]
  return /:(\d+)$/.exec(host ?? '')?.[1] ?? DEFAULT_PORTS[received.scheme]
}

export function multiValues(pairs: readonly (readonly [string, string])[]): Record<string, string[]> {
  const values = new Map<string, string[]>()
  for (const [name, value] of pairs) {
    const known = values.get(name)
    if (known) known.push(value)
    else values.set(name, [value])
  }
  // Object.fromEntries defines members, so a header named __proto__ is harmless.
  return Object.fromEntries(values)
}

/** Decodes names and values of the query for an event. */
export function parseQuery(rawQuery: string): [string, string][] {
  return rawQuery
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=')
      return equals < 0 ? [decode(pair), ''] : [decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))]
    })
}

function decode(text: string): string {
  const spaced = text.replaceAll('+', ' ')
  try {
    return decodeURIComponent(spaced)
  } catch {
    // A malformed escape stays as it is.
    return spaced
  }
}

/** Returns the last value of each name. */
export function lastValues(values: Readonly<Record<string, readonly string[]>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, all]) => [name, all.at(-1) ?? '']))
}
