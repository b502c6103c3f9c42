import { Http2ServerResponse } from 'node:http2'
import type { AnyResponse } from './dual-protocol-server.ts'

/**
 * Ends an answer so that no client can take it for whole: HTTP/1.1 loses its connection before the last chunk, HTTP/2
 * its stream by RST_STREAM (`stream.close(code)` would look like a clean end to Node's own client).
 */
export function cutConnection(response: AnyResponse): void {
  if (response instanceof Http2ServerResponse) response.stream?.destroy(new Error('cut'))
  else response.socket?.destroy()
}
