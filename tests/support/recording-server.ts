import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface RecordedRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface CannedReply {
  readonly statusCode: number
  readonly headers?: Record<string, string>
  readonly body?: string | Uint8Array
}

export interface RecordingServer {
  readonly url: string
  readonly requests: RecordedRequest[]
  close(): Promise<void>
}

/** Starts a server on a free port. It answers its n-th request with `reply`'s result; undefined means never. */
export async function startRecordingServer(
  reply: (index: number) => CannedReply | undefined,
): Promise<RecordingServer> {
  const requests: RecordedRequest[] = []
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      requests.push({ method, url, headers, body: Buffer.concat(chunks).toString() })
      const canned = reply(requests.length - 1)
      if (canned) response.writeHead(canned.statusCode, canned.headers).end(canned.body ?? '')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
