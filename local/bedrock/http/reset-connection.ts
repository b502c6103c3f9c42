import { Http2ServerResponse } from 'node:http2'
import { setTimeout as wait } from 'node:timers/promises'
import { cutConnection } from '../../net/cut-connection.ts'
import type { AnyResponse } from '../../net/dual-protocol-server.ts'

/** Time for the client to read before a RST. Its kernel may drop unread bytes when the RST arrives. */
const RESET_DELAY_MS = 20

/** Resets the connection by a TCP RST (HTTP/1.1) or the stream by RST_STREAM (HTTP/2). */
export async function resetConnection(response: AnyResponse): Promise<void> {
  await wait(RESET_DELAY_MS)
  if (response instanceof Http2ServerResponse) cutConnection(response)
  else response.socket?.resetAndDestroy()
}
