import { cutConnection } from '../../net/cut-connection.ts'
import type { AnyResponse } from '../../net/dual-protocol-server.ts'
import type { Answer } from '../operations/operation.ts'
import type { BlobReader } from '../storage/blob-directory.ts'
import { renderErrorDocument, type XmlElement } from './render-xml.ts'

/** Sends an answer as fast as the client reads it. On a failure, cuts the connection and rejects. */
export async function sendAnswer(response: AnyResponse, answer: Answer): Promise<void> {
  try {
    await send(response, answer)
  } catch (error) {
    cutConnection(response)
    throw error
  } finally {
    if (typeof answer.body === 'object') answer.body.close()
  }
}

async function send(response: AnyResponse, answer: Answer): Promise<void> {
  const { body } = answer
  const text = typeof body === 'string' ? Buffer.from(body) : undefined
  response.statusCode = answer.statusCode
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, encodeHeader(value))
  if (text) {
    response.setHeader('content-type', 'application/xml')
    response.setHeader('content-length', text.length)
  }
  if (text || body === undefined || typeof body === 'string') endWith(response, text)
  else await sendBytes(response, body)
}

export interface Failure {
  readonly statusCode: number
  readonly code: string
  readonly message: string
  readonly elements?: Readonly<Record<string, string | number>>
  readonly headers?: Readonly<Record<string, string>>
}

/** Renders an error as an answer. HEAD has only the status, so SDKs do not see the code. */
export function renderFailure(failure: Failure, ids: { requestId: string; hostId: string }, method: string): Answer {
  const { statusCode, code, message, elements = {}, headers = {} } = failure
  if (method === 'HEAD') return { statusCode, headers }
  const described: readonly XmlElement[] = [
    ['Code', code],
    ['Message', message],
    ...Object.entries(elements),
    ['RequestId', ids.requestId],
    ['HostId', ids.hostId],
  ]
  return { statusCode, headers, body: renderErrorDocument(described) }
}

async function sendBytes(response: AnyResponse, reader: BlobReader): Promise<void> {
  for await (const bytes of reader) {
    if (response.destroyed) return
    if (!writeTo(response, bytes)) await drained(response)
  }
  endWith(response, undefined)
}

/** Resolves when the client has read, or is gone. */
function drained(response: AnyResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      response.off('drain', settle)
      response.off('close', settle)
      resolve()
    }
    response.on('drain', settle)
    response.on('close', settle)
  })
}

// The two responses overload write and end differently; both take bytes.
function writeTo(response: AnyResponse, bytes: Uint8Array): boolean {
  return (response.write as (bytes: Uint8Array) => boolean).call(response, bytes)
}

function endWith(response: AnyResponse, bytes: Uint8Array | undefined): void {
  ;(response.end as (bytes?: Uint8Array) => unknown).call(response, bytes)
}

/** Encodes a header's value: UTF-8 for text beyond Latin-1, spaces for control characters. */
function encodeHeader(value: string): string {
  const codes = Array.from(value, (character) => character.charCodeAt(0))
  const clean = codes.some(isControl)
    ? Array.from(value, (one) => (isControl(one.charCodeAt(0)) ? ' ' : one)).join('')
    : value
  return codes.some((code) => code > 0xff) ? Buffer.from(clean).toString('latin1') : clean
}

function isControl(code: number): boolean {
  return (code < 0x20 && code !== 0x09) || code === 0x7f
}
