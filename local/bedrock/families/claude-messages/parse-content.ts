import { describeDocument, describeSearchResult, isCitable } from '../../conversation/citable-source.ts'
import type { ContentBlock, MediaBlock } from '../../conversation/types.ts'
import { decodeBase64 } from '../../shapes/decode-base64.ts'
import type { JsonObject, JsonValue } from '../../shapes/json.ts'
import { omitUndefined, readObject, readObjects, readString } from '../../shapes/read-json.ts'

/** Parsers by the block's `type`. The model reads nothing of other types. */
const READERS: ReadonlyMap<string, (block: JsonObject) => ContentBlock> = new Map([
  ['text', ({ text }): ContentBlock => ({ kind: 'text', text: readString(text) ?? '' })],
  ['image', ({ source }): ContentBlock => readMedia('image', readObject(source) ?? {})],
  ['document', readDocument],
  ['search_result', readSearchResult],
  [
    'thinking',
    ({ thinking, signature }): ContentBlock => ({
      kind: 'reasoning',
      text: readString(thinking) ?? '',
      ...omitUndefined({ signature: readString(signature) }),
    }),
  ],
  ['redacted_thinking', ({ data }) => ({ kind: 'reasoning', text: '', redacted: readString(data) ?? '' })],
  ['tool_use', readToolUse],
  ['tool_result', readToolResult],
])

/** Parses `content` of a message or a tool result: a string or blocks. */
export function parseClaudeContent(content: JsonValue | undefined): ContentBlock[] {
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }]
  return readObjects(content).map((block) => READERS.get(readString(block.type) ?? '')?.(block) ?? { kind: 'other' })
}

function readToolUse({ id, name, input }: JsonObject): ContentBlock {
  return { kind: 'toolUse', id: readString(id) ?? '', name: readString(name) ?? '', input: input ?? {} }
}

function readToolResult({ tool_use_id, content, is_error }: JsonObject): ContentBlock {
  return {
    kind: 'toolResult',
    id: readString(tool_use_id) ?? '',
    isError: is_error === true,
    blocks: parseClaudeContent(content),
  }
}

function readMedia(kind: MediaBlock['kind'], { type, media_type, data, content }: JsonObject): MediaBlock {
  const format = (readString(media_type) ?? 'text/txt').replace(/^.*\//, '').replace('plain', 'txt')
  if (type === 'base64') {
    return { kind, format, source: { kind: 'bytes', bytes: decodeBase64(readString(data) ?? '') } }
  }
  return { kind, format, source: { kind: 'text', text: readString(data) ?? joinTexts(content) } }
}

function readDocument({ source, title, citations }: JsonObject): ContentBlock {
  const given = readObject(source) ?? {}
  const medium = readMedia('document', given)
  if (!isCitable(citations)) return medium
  const chunks = given.type === 'content' ? readTexts(given.content) : undefined
  return { ...medium, citable: describeDocument(readString(title), medium.format, medium.source, chunks) }
}

function readSearchResult({ content, title, source, citations }: JsonObject): ContentBlock {
  const citable = describeSearchResult(readString(title), readString(source), readTexts(content))
  return { kind: 'text', text: joinTexts(content), ...(isCitable(citations) && { citable }) }
}

function joinTexts(content: JsonValue | undefined): string {
  return readTexts(content).join('\n')
}

function readTexts(content: JsonValue | undefined): string[] {
  if (typeof content === 'string') return [content]
  return readObjects(content).map(({ text }) => readString(text) ?? '')
}
