import { Http2ServerResponse } from 'node:http2'
import { setTimeout as wait } from 'node:timers/promises'
import { cutConnection } from '../../net/cut-connection.ts'
import type { AnyResponse } from '../../net/dual-protocol-server.ts'

/** A RST overtakes: whatever the other side's process has not read by then, its kernel may throw away. */
const READING_MS = 20

/** HTTP/1.1 loses its connection by a TCP RST, HTTP/2 its stream by RST_STREAM. */
export async function resetConnection(response: AnyResponse): Promise<void> {
  await wait(READING_MS)
  if (response instanceof Http2ServerResponse) cutConnection(response)
  else response.socket?.resetAndDestroy()
}
