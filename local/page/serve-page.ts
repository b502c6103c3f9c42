import type { Exchange, ExchangeHandler } from '../gateway/gateway-server.ts'
import { headerValue, type ReceivedRequest } from '../gateway/received-request.ts'
import { isLoopback } from '../net/addresses.ts'
import type { AnyResponse } from '../net/dual-protocol-server.ts'
import { writeChunk } from '../net/write-chunk.ts'
import type { Activity } from './activity.ts'
import type { Page } from './build-page.ts'

/** What the page needs to know of the stack. GET /_local/stack answers it. */
export interface StackFacts {
  readonly auth: string
  readonly region: string
  readonly functionUrl: string | undefined
  /** False: the functions call another Bedrock than the emulator, where its directives have no meaning. */
  readonly isEmulated: boolean
  readonly stateMachines: readonly { readonly name: string; readonly type: string; readonly definition: unknown }[]
}

export interface PageOptions {
  readonly page: () => Promise<Page>
  readonly facts: () => StackFacts
  /** Origin of S3, to which the page uploads. */
  readonly s3Origin: string | undefined
  readonly activity: Activity
}

const NO_STORE = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

/**
 * Serves the page of `npm start` to browsers on this machine: `GET /` for those that accept HTML, and below `/_local/` what
 * only the local stack knows. Returns undefined for all other requests, which the API answers.
 */
export function createPageServer({ page, facts, s3Origin, activity }: PageOptions) {
  return function handlePage(exchange: Exchange): ExchangeHandler | undefined {
    const { received } = exchange
    if (received.method !== 'GET' || !isFromHere(received)) return undefined
    if (received.rawPath === '/' && (headerValue(received, 'accept') ?? '').includes('text/html')) {
      return answerWith(exchange, async () => {
        const { html, policy } = await page()
        return { 'content-type': 'text/html; charset=utf-8', ...securityHeaders(policy, s3Origin), body: html }
      })
    }
    if (received.rawPath === '/_local/stack') {
      return answerWith(exchange, async () => ({ 'content-type': 'application/json', body: JSON.stringify(facts()) }))
    }
    return received.rawPath === '/_local/activity' ? streamActivity(exchange, activity) : undefined
  }
}

function answerWith(
  { response }: Exchange,
  render: () => Promise<Readonly<Record<string, string>> & { readonly body: string }>,
): ExchangeHandler {
  return {
    functionName: undefined,
    isSilent: true,
    async serve() {
      const { body, ...headers } = await render()
      setHeaders(response, headers)
      response.end(body)
      return { cold: false }
    },
    renderFault,
  }
}

/** Entries of one event, so that the page reads many of them in short tasks. */
const MAX_LIST_LENGTH = 1000

/** Sends kept and new entries as server-sent events until the client goes. `after` of the query is the last known id. */
function streamActivity({ received, response, clientGone }: Exchange, activity: Activity): ExchangeHandler {
  return {
    functionName: undefined,
    isSilent: true,
    async serve() {
      setHeaders(response, { 'content-type': 'text/event-stream' })
      const send = (entries: readonly unknown[]) =>
        void writeChunk(response, Buffer.from(`data: ${JSON.stringify(entries)}\n\n`), clientGone)
      const kept = activity.since(Number(new URLSearchParams(received.rawQuery).get('after') ?? 0) || 0)
      for (let start = 0; start === 0 || start < kept.length; start += MAX_LIST_LENGTH) {
        send(kept.slice(start, start + MAX_LIST_LENGTH))
      }
      await new Promise<void>((resolve) => {
        const unsubscribe = activity.subscribe((entry) => send([entry]))
        const end = () => {
          unsubscribe()
          resolve()
        }
        clientGone.addEventListener('abort', end, { once: true })
        if (clientGone.aborted) end()
      })
      return { cold: false }
    },
    renderFault,
  }
}

function setHeaders(response: AnyResponse, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries({ ...NO_STORE, ...headers })) response.setHeader(name, value)
}

function renderFault(error: unknown) {
  return { statusCode: 500, headers: { 'content-type': 'text/plain' }, body: `The page failed: ${String(error)}\n` }
}

/**
 * True for a request from this machine that names it: what runs here is nobody else's business, and a page of another site
 * must not reach it by a name that it points here (DNS rebinding).
 */
function isFromHere(received: ReceivedRequest): boolean {
  const host = (headerValue(received, 'host') ?? '').replace(/:\d+$/, '')
  return isLoopback(received.sourceIp) && ['localhost', '127.0.0.1', '[::1]'].includes(host)
}

function securityHeaders(policy: string, s3Origin = ''): Record<string, string> {
  return {
    'content-security-policy': `${policy}; connect-src 'self' ${s3Origin}`.trim(),
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
  }
}
