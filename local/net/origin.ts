import type { AnyRequest } from './dual-protocol-server.ts'

/** Scheme of the connection that a request came over. */
export function schemeOf({ socket }: AnyRequest): 'http' | 'https' {
  return 'encrypted' in socket && socket.encrypted ? 'https' : 'http'
}

/** Server as the client named it: `http://127.0.0.1:3006`. */
export function originOf(request: AnyRequest): string {
  const { headers } = request
  return `${schemeOf(request)}://${headers.host ?? headers[':authority']}`
}
