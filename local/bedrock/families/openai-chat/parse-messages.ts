import { readText } from '../../conversation/read-text.ts'
import type { ContentBlock, ConversationRequest, Turn } from '../../conversation/types.ts'
import { malformedInput, validationError } from '../../messages.ts'
import type { JsonObject, JsonValue } from '../../shapes/json.ts'
import { readDataUrl } from '../../shapes/read-data-url.ts'
import { readObject, readObjects, readString } from '../../shapes/read-json.ts'

/** Parses OpenAI's messages into system text and turns. Several tool results in a row are one turn. */
export function parseMessages(messages: readonly JsonObject[]): Pick<ConversationRequest, 'system' | 'turns'> {
  const turns: Turn[] = []
  const systems: string[] = []
  for (const [index, message] of messages.entries()) {
    const path = ['messages', index]
    const before = turns.at(-1)
    const { role } = message
    if (role === 'tool' && messages[index - 1]?.role === 'tool' && before) {
      turns[turns.length - 1] = { ...before, blocks: [...before.blocks, readToolResult(message)] }
    } else if (role === 'tool') {
      turns.push({ role: 'user', blocks: [readToolResult(message)], path })
    } else if (role === 'user' || role === 'assistant') {
      turns.push({ role, blocks: [...readContent(message.content), ...readToolCalls(message)], path })
    } else {
      systems.push(readText(readContent(message.content)))
    }
  }
  return { system: systems.join('\n\n'), turns }
}

function readContent(content: JsonValue | undefined): ContentBlock[] {
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }]
  return readObjects(content).map(readPart)
}

function readPart({ text, image_url }: JsonObject): ContentBlock {
  if (typeof text === 'string') return { kind: 'text', text }
  const url = readString(image_url) ?? readString(readObject(image_url)?.url)
  return url === undefined ? { kind: 'other' } : readImage(url)
}

function readImage(url: string): ContentBlock {
  const image = readDataUrl(url, 'image')
  if (!image) {
    throw validationError(malformedInput('image_url: expected a data URL of base64, such as data:image/png;base64,…'))
  }
  return { kind: 'image', format: image.format, source: { kind: 'bytes', bytes: image.bytes } }
}

function readToolCalls({ tool_calls }: JsonObject): ContentBlock[] {
  return readObjects(tool_calls).map((call) => {
    const { name, arguments: input } = readObject(call.function) ?? {}
    return { kind: 'toolUse', id: readString(call.id) ?? '', name: readString(name) ?? '', input: input ?? {} }
  })
}

function readToolResult({ tool_call_id, content }: JsonObject): ContentBlock {
  return { kind: 'toolResult', id: readString(tool_call_id) ?? '', isError: false, blocks: readContent(content) }
}
