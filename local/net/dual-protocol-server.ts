import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { listenAddresses } from './addresses.ts'

export type AnyRequest = IncomingMessage | Http2ServerRequest
export type AnyResponse = ServerResponse | Http2ServerResponse
export type RequestListener = (request: AnyRequest, response: AnyResponse) => void

/** Certificate and private key in PEM. */
export interface TlsIdentity {
  readonly certificate: string
  readonly privateKey: string
}

/** Addresses and TLS of a server. */
export interface ListenOptions {
  /** Address or name to listen on beside the loopback; `0.0.0.0` and `::` are every address of the machine. */
  readonly host?: string | undefined
  /** Serves TLS. Plain HTTP is then answered only to this machine. */
  readonly tls?: TlsIdentity | undefined
}

export interface DualProtocolServer {
  /**
   * Binds to the loopback, 127.0.0.1 and ::1, where the machine has both, and to the host of the options; port 0 picks a
   * free one. Resolves to the port, rejects when it is taken.
   */
  listen(port: number, options?: ListenOptions): Promise<number>
  /** Stops listening and ends every connection. */
  close(): Promise<void>
}

export interface DualProtocolServerOptions {
  /** The listener itself sends `100 Continue`, when it reads the body; by default the client gets it at once. */
  readonly continuesByItself?: boolean
}

/** First bytes of HTTP/2 with prior knowledge (RFC 9113, 3.4). Three bytes distinguish it from all HTTP/1.1 methods. */
const HTTP2_PREFACE_START = 'PRI'

/** First byte of a TLS handshake record (RFC 8446, 5.1); no HTTP begins with it. */
const TLS_HANDSHAKE = 0x16

/** Attempts to find a port that is free on 127.0.0.1 and on ::1. */
const MAX_PORT_ATTEMPTS = 20

const PLAIN_HTTP_REFUSAL =
  'HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\nThis port speaks TLS: use https://.\n'

/**
 * One port for HTTP/1.1 and HTTP/2. Without TLS, HTTP/2 needs no Upgrade: the JavaScript SDK's default handler for Bedrock
 * speaks h2c to a plain http endpoint, every other client HTTP/1.1. With TLS the client chooses by ALPN.
 */
export function createDualProtocolServer(
  listener: RequestListener,
  { continuesByItself = false }: DualProtocolServerOptions = {},
): DualProtocolServer {
  const http1 = createHttpServer(listener)
  // Models may be silent for long, so the protocol servers must not end silent connections.
  http1.requestTimeout = 0
  http1.headersTimeout = 60_000
  http1.keepAliveTimeout = 60_000
  const http2 = createHttp2Server(listener)
  if (continuesByItself) {
    http1.on('checkContinue', listener)
    http2.on('checkContinue', listener)
  }
  const sockets = new Set<Socket>()
  const servers: Server[] = []

  function accept(socket: Socket, tls: Server | undefined): void {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    // A disconnected client causes ECONNRESET. The request handler gets its own 'close'.
    socket.on('error', () => socket.destroy())
    handOver(socket, Buffer.alloc(0), tls)
  }

  /** Reads until the protocol is certain, puts the bytes back and gives the socket to the server that speaks it. */
  function handOver(socket: Socket, seen: Buffer, tls: Server | undefined): void {
    socket.once('data', (chunk: Buffer) => {
      socket.pause()
      const start = seen.length === 0 ? chunk : Buffer.concat([seen, chunk])
      if (tls && start[0] === TLS_HANDSHAKE) {
        socket.unshift(start)
        tls.emit('connection', socket)
        return
      }
      // Bedrock's keys must not cross a network in clear text.
      if (tls && !isFromThisMachine(socket)) {
        socket.end(PLAIN_HTTP_REFUSAL)
        return
      }
      const comparable = start.toString('latin1', 0, HTTP2_PREFACE_START.length)
      if (start.length < HTTP2_PREFACE_START.length && HTTP2_PREFACE_START.startsWith(comparable)) {
        socket.resume()
        handOver(socket, start, tls)
        return
      }
      socket.unshift(start)
      serve(socket, comparable === HTTP2_PREFACE_START)
    })
  }

  function serve(socket: Socket, isHttp2: boolean): void {
    if (isHttp2) {
      // An HTTP/2 session takes what is buffered and then the handle itself; a flowing socket would race it.
      http2.emit('connection', socket)
    } else {
      http1.emit('connection', socket)
      socket.resume()
    }
  }

  function createTls({ certificate, privateKey }: TlsIdentity): Server {
    const server = createTlsServer({ cert: certificate, key: privateKey, ALPNProtocols: ['h2', 'http/1.1'] })
    server.on('secureConnection', (socket: TLSSocket) => {
      socket.on('error', () => socket.destroy())
      serve(socket, socket.alpnProtocol === 'h2')
    })
    // A handshake that failed, for example of a client that does not know the certificate.
    server.on('tlsClientError', (_error, socket) => socket.destroy())
    return server
  }

  function bind(port: number, address: string, tls: Server | undefined): Promise<number> {
    return new Promise((resolve, reject) => {
      const server = createTcpServer({ noDelay: true }, (socket) => accept(socket, tls))
      server.once('error', reject)
      server.listen(port, address, () => {
        server.off('error', reject)
        servers.push(server)
        resolve((server.address() as AddressInfo).port)
      })
    })
  }

  async function bindAll(port: number, options: ListenOptions): Promise<number> {
    const tls = options.tls && createTls(options.tls)
    const [{ address }, ...others] = await listenAddresses(options.host)
    const bound = await bind(port, address, tls)
    for (const { address: other, isOptional } of others) {
      await bind(bound, other, tls).catch((error: NodeJS.ErrnoException) => {
        if (!isOptional || error.code === 'EADDRINUSE') throw error
      })
    }
    return bound
  }

  function closeServers(): Promise<unknown> {
    return Promise.all(
      servers.splice(0).map((server) => {
        return new Promise<void>((resolve) => {
          server.close(() => resolve())
        })
      }),
    )
  }

  return {
    async listen(port, options = {}) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await bindAll(port, options)
        } catch (error) {
          await closeServers()
          const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
          if (port !== 0 || !isTaken || attempt === MAX_PORT_ATTEMPTS) throw error
        }
      }
    },
    async close() {
      const closed = closeServers()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function isFromThisMachine({ remoteAddress, localAddress }: Socket): boolean {
  return remoteAddress === localAddress
}
