import type { StreamFormat } from '../../event-stream/stream-format.ts'

/** What all of OpenAI's streams have in common: server-sent events, with a comment line during silence. */
export const SERVER_SENT_EVENTS: Pick<StreamFormat, 'contentType' | 'headers' | 'heartbeat'> = {
  contentType: 'text/event-stream; charset=utf-8',
  // nginx and similar proxies buffer answers without this header.
  headers: { 'cache-control': 'no-cache', 'x-accel-buffering': 'no' },
  heartbeat: Buffer.from(': heartbeat\n\n'),
}
