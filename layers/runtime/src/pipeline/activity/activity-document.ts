import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { collectConverse } from '../../event-stream/collect-converse.ts'
import { parseObject, toBuffer } from '../../json/json-document.ts'
import type { Activity, Content } from './activity.ts'

const compress = promisify(gzip)

/** Writes `{…head, "request": {…}, "response": {…}}`, compressed with gzip. JSON bodies are not changed. */
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
  if ('events' in content) return writeEvents(content, operation)
  const { contentType, bytes } = content
  const type = `{"contentType":${JSON.stringify(contentType)},`
  if (isJson(bytes)) return [type, '"body":', bytes, '}']
  return [type, '"base64":"', toBuffer(bytes).toString('base64'), '"}']
}

/** Writes a Converse stream as the answer of Converse, and a native stream as the list of its chunks. */
function writeEvents(
  { events, isCut }: Extract<Content, { events: unknown }>,
  operation: Activity['operation'],
): string[] {
  const end = isCut ? ',"truncated":true}' : '}'
  if (operation !== 'ConverseStream')
    return [`{"chunks":[${events.map(({ payload }) => writeChunk(payload)).join(',')}]`, end]
  const collector = collectConverse()
  // Events that are not JSON cannot be merged and are left out.
  for (const { name, payload } of events) if (isJson(payload)) collector.add(name, payload)
  return ['{"body":', collector.answer, end]
}

function writeChunk(payload: Buffer): string {
  const { bytes } = parseObject(payload)
  if (typeof bytes !== 'string') return '{}'
  const chunk = Buffer.from(bytes, 'base64')
  return isJson(chunk) ? chunk.toString() : JSON.stringify({ bytes })
}

/** Tests whether the bytes can be inserted into a JSON document unchanged. */
function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(toBuffer(bytes).toString())
    return true
  } catch {
    return false
  }
}
