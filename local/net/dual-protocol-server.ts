import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'

export type AnyRequest = IncomingMessage | Http2ServerRequest
export type AnyResponse = ServerResponse | Http2ServerResponse
export type RequestListener = (request: AnyRequest, response: AnyResponse) => void

export interface DualProtocolServer {
  /** Binds to 127.0.0.1; port 0 picks a free one. Resolves to the port, rejects when it is taken. */
  listen(port: number): Promise<number>
  /** Stops listening and ends every connection. */
  close(): Promise<void>
}

/** How HTTP/2 with prior knowledge begins (RFC 9113, 3.4); three bytes tell it from every HTTP/1.1 method. */
const HTTP2_PREFACE_START = 'PRI'

/**
 * One port for HTTP/1.1 and cleartext HTTP/2, without TLS or an Upgrade: the JavaScript SDK's default handler for Bedrock
 * speaks h2c to a plain http endpoint, every other client HTTP/1.1.
 */
export function createDualProtocolServer(listener: RequestListener): DualProtocolServer {
  const http1 = createHttpServer(listener)
  // Long silences are part of what is served here (models, stalls): the protocol servers must not end them.
  http1.requestTimeout = 0
  http1.headersTimeout = 60_000
  http1.keepAliveTimeout = 60_000
  const http2 = createHttp2Server(listener)
  const sockets = new Set<Socket>()

  const tcp = createTcpServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    // A client that is gone says so with ECONNRESET; whoever serves the request sees its own 'close'.
    socket.on('error', () => socket.destroy())
    handOver(socket, Buffer.alloc(0))
  })

  /** Reads until the protocol is certain, puts the bytes back and gives the socket to the server that speaks it. */
  function handOver(socket: Socket, seen: Buffer): void {
    socket.once('data', (chunk: Buffer) => {
      socket.pause()
      const start = seen.length === 0 ? chunk : Buffer.concat([seen, chunk])
      const comparable = start.toString('latin1', 0, HTTP2_PREFACE_START.length)
      if (start.length < HTTP2_PREFACE_START.length && HTTP2_PREFACE_START.startsWith(comparable)) {
        socket.resume()
        handOver(socket, start)
        return
      }
      socket.unshift(start)
      if (comparable === HTTP2_PREFACE_START) {
        // An HTTP/2 session takes what is buffered and then the handle itself; a flowing socket would race it.
        http2.emit('connection', socket)
      } else {
        http1.emit('connection', socket)
        socket.resume()
      }
    })
  }

  return {
    listen: (port) =>
      new Promise((resolve, reject) => {
        tcp.once('error', reject)
        tcp.listen(port, '127.0.0.1', () => {
          tcp.off('error', reject)
          resolve((tcp.address() as AddressInfo).port)
        })
      }),
    close: () =>
      new Promise((resolve) => {
        tcp.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
