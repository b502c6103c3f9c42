import { parseToolInput } from '../../conversation/parse-tool-input.ts'
import { readText } from '../../conversation/read-text.ts'
import type { ContentBlock, ConversationRequest, Turn } from '../../conversation/types.ts'
import { doorMessages as messages } from '../../messages.ts'
import type { JsonObject, JsonValue } from '../../shapes/json.ts'
import { readDataUrl } from '../../shapes/read-data-url.ts'
import { readObjects, readString } from '../../shapes/read-json.ts'
import { contractError } from '../contract-error.ts'

/** Parses the items of a conversation into system text and turns. Consecutive items of one side are one turn. */
export function parseItems(items: readonly JsonObject[]): Pick<ConversationRequest, 'system' | 'turns'> {
  const systems: string[] = []
  const turns: Turn[] = []
  for (const [index, item] of items.entries()) {
    const { role, blocks } = parseItem(item)
    const last = turns.at(-1)
    if (role === 'system') systems.push(readText(blocks))
    else if (last?.role === role) turns[turns.length - 1] = { ...last, blocks: [...last.blocks, ...blocks] }
    else turns.push({ role, blocks, path: ['input', index] })
  }
  return { system: systems.filter((text) => text !== '').join('\n\n'), turns }
}

interface ParsedItem {
  readonly role: Turn['role'] | 'system'
  readonly blocks: readonly ContentBlock[]
}

function parseItem(item: JsonObject): ParsedItem {
  switch (item.type) {
    case 'function_call':
      return { role: 'assistant', blocks: [readCall(item, parseToolInput(readString(item.arguments) ?? ''))] }
    case 'custom_tool_call':
      return { role: 'assistant', blocks: [readCall(item, { input: item.input ?? '' })] }
    case 'function_call_output':
    case 'custom_tool_call_output':
      return { role: 'user', blocks: [readOutput(item)] }
    case 'reasoning': {
      const text = readObjects(item.summary).map((part) => readString(part.text) ?? '')
      return { role: 'assistant', blocks: [{ kind: 'reasoning', text: text.join('\n') }] }
    }
    case undefined:
    case 'message':
      return readMessage(item)
    default:
      // Items of client-side tools that the model does not read.
      return { role: readString(item.type)?.endsWith('_output') ? 'user' : 'assistant', blocks: [{ kind: 'other' }] }
  }
}

function readMessage({ role, content }: JsonObject): ParsedItem {
  return { role: role === 'user' || role === 'assistant' ? role : 'system', blocks: readContent(content) }
}

function readCall({ call_id, name }: JsonObject, input: JsonValue): ContentBlock {
  return { kind: 'toolUse', id: readString(call_id) ?? '', name: readString(name) ?? '', input }
}

function readOutput({ call_id, output }: JsonObject): ContentBlock {
  return { kind: 'toolResult', id: readString(call_id) ?? '', isError: false, blocks: readContent(output) }
}

function readContent(content: JsonValue | undefined): ContentBlock[] {
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }]
  return readObjects(content).map(readPart)
}

function readPart({ type, text, refusal, image_url, file_data }: JsonObject): ContentBlock {
  switch (type) {
    case 'input_image':
      return readMedium('image', image_url, 'image_url')
    case 'input_file':
      return readMedium('document', file_data, 'file_data')
    default:
      return { kind: 'text', text: readString(text) ?? readString(refusal) ?? '' }
  }
}

/** Reads a medium in a data URL. ValidationException for an address or the id of a file, which Bedrock does not fetch. */
function readMedium(kind: 'image' | 'document', url: JsonValue | undefined, param: string): ContentBlock {
  const data = readDataUrl(readString(url) ?? '', kind === 'image' ? 'image' : 'application')
  if (!data) throw contractError(messages.dataUrl(param), { param, code: 'invalid_value' })
  return { kind, format: data.format, source: { kind: 'bytes', bytes: data.bytes } }
}
