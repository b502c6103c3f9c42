import { readNativeUsage } from '../../bedrock/read-usage.ts'
import type { DetailedUsage, ModelCall } from '../../core/model-call.ts'
import { asObject, parseObject } from '../../json/json-document.ts'
import { countLocally } from '../cost/count-locally.ts'

/** Average, as in estimates of inputs. */
const BYTES_PER_TOKEN = 4

/** Members of events of all contracts with text of the model. */
const TEXTS = new Set([
  'arguments',
  'completion',
  'content',
  'generation',
  'input',
  'outputText',
  'partial_json',
  'reasoning',
  'reasoning_content',
  'refusal',
  'text',
  'thinking',
])

/**
 * Estimates the usage of a stream that ended before Bedrock stated it: the input from the request, the output from the text
 * that came.
 *
 * @param reported usage that Bedrock stated up to then
 * @param payloads payloads of the events that came
 */
export function estimateStream(
  { operation, body }: Pick<ModelCall, 'operation' | 'body'>,
  reported: DetailedUsage,
  payloads: readonly Buffer[],
): DetailedUsage {
  // Tokens of speech cannot be estimated from its bytes.
  if (operation === 'ConverseAudio') return reported
  const events = payloads.map(readEvent)
  const started = events.map((event) => readNativeUsage(asObject(event.message))).find(isStated)
  const bytes = events.reduce((sum, event) => sum + textBytes(event), 0)
  const { outputTokens = 0, ...known } = { ...started, ...reported }
  const inputTokens = known.inputTokens ?? countLocally(parseObject(body))?.inputTokens
  return {
    ...known,
    ...(inputTokens !== undefined && { inputTokens }),
    outputTokens: Math.max(outputTokens, Math.ceil(bytes / BYTES_PER_TOKEN)),
  }
}

function isStated(usage: DetailedUsage): boolean {
  return usage.inputTokens !== undefined
}

/** Reads an event; one of a native stream is base64 in `bytes`. */
function readEvent(payload: Buffer): ReturnType<typeof parseObject> {
  const event = parseObject(payload)
  return typeof event.bytes === 'string' ? parseObject(Buffer.from(event.bytes, 'base64')) : event
}

function textBytes(value: unknown, isText = false): number {
  if (typeof value === 'string') return isText ? Buffer.byteLength(value) : 0
  if (typeof value !== 'object' || value === null) return 0
  const members = Object.entries(value)
  // The Responses API has the text of a delta in the member `delta` itself.
  return members.reduce(
    (sum, [name, member]) =>
      sum + textBytes(member, Array.isArray(value) ? isText : TEXTS.has(name) || (name === 'delta' && !isText)),
    0,
  )
}
