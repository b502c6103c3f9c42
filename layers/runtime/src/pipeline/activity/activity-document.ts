import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { collectConverse } from '../../event-stream/collect-converse.ts'
import type { Activity, Content } from './activity-content.ts'

const compress = promisify(gzip)

/** `{…head, "request": {…}, "response": {…}}` as JSON, compressed with gzip. JSON bodies stand in it as they were. */
export async function writeActivity({ head, operation, request, response }: Activity): Promise<Uint8Array> {
  const parts = [
    JSON.stringify(head).slice(0, -1),
    ',"request":',
    ...writeContent(request, operation),
    ...(response ? [',"response":', ...writeContent(response, operation)] : []),
    '}',
  ]
  return compress(Buffer.concat(parts.map((part) => Buffer.from(part))))
}

function writeContent(content: Content, operation: Activity['operation']): (string | Uint8Array)[] {
  if ('omittedBytes' in content) return [JSON.stringify(content)]
  if ('events' in content) return [JSON.stringify(describeEvents(content, operation))]
  const { contentType, bytes } = content
  const type = `{"contentType":${JSON.stringify(contentType)},`
  if (isJson(bytes)) return [type, '"body":', bytes, '}']
  return [type, '"base64":"', Buffer.from(bytes).toString('base64'), '"}']
}

function isJson(bytes: Uint8Array): boolean {
  return parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)) !== undefined
}

/** A Converse stream as the answer that it comes to; a native one as its chunks, in the model's own words. */
function describeEvents({ events, isCut }: Extract<Content, { events: unknown }>, operation: Activity['operation']) {
  const cut = isCut && { truncated: true }
  if (operation === 'ConverseStream') {
    const collector = collectConverse()
    // What is no JSON cannot be put together with the rest, and went to the caller all the same.
    for (const { name, payload } of events) if (parse(payload) !== undefined) collector.add(name, toFrame(payload))
    return { body: collector.answer, ...cut }
  }
  return { chunks: events.map(({ payload }) => readChunk(payload)), ...cut }
}

function toFrame(payload: Buffer) {
  return { payload, bytes: payload, headers: Buffer.alloc(0) }
}

function readChunk(payload: Buffer): unknown {
  const { bytes } = (parse(payload) ?? {}) as { bytes?: unknown }
  if (typeof bytes !== 'string') return {}
  return parse(Buffer.from(bytes, 'base64')) ?? { bytes }
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}
