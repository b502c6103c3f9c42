import { describeDocument, describeSearchResult, isCitable } from '../conversation/citable-source.ts'
import type { ContentBlock, MediaBlock } from '../conversation/types.ts'
import { decodeBase64 } from '../shapes/decode-base64.ts'
import type { JsonObject, JsonValue } from '../shapes/json.ts'
import { isPresent } from '../shapes/json.ts'
import { omitUndefined, readObject, readObjects, readString, readStrings } from '../shapes/read-json.ts'

type BlockReader = (value: JsonValue) => ContentBlock

/** Parsers by member of the union. The model reads nothing of other members. */
const READERS: ReadonlyMap<string, BlockReader> = new Map<string, BlockReader>([
  ['text', (value) => textBlock(value)],
  ['json', (value) => textBlock(JSON.stringify(value))],
  ['image', (value) => mediaBlock('image', value)],
  ['document', (value) => mediaBlock('document', value)],
  ['video', (value) => mediaBlock('video', value)],
  ['audio', (value) => mediaBlock('audio', value)],
  ['toolUse', readToolUse],
  ['toolResult', readToolResult],
  ['guardContent', readGuardContent],
  ['cachePoint', () => ({ kind: 'cachePoint' })],
  ['reasoningContent', readReasoning],
  ['citationsContent', (value) => textBlock(joinTexts(member(value, 'content')))],
  ['searchResult', readSearchResult],
])

/** Parses a checked content block of Converse, or of Nova's native body, which has the same form. */
export function parseContentBlock(block: JsonObject): ContentBlock {
  const [name, value] = Object.entries(block).find(([, candidate]) => isPresent(candidate)) ?? ['', null]
  return READERS.get(name)?.(value) ?? { kind: 'other' }
}

function readToolUse(value: JsonValue): ContentBlock {
  const { toolUseId, name, input, type } = readObject(value) ?? {}
  return {
    kind: 'toolUse',
    id: readString(toolUseId) ?? '',
    name: readString(name) ?? '',
    input: input ?? {},
    ...(type === 'server_tool_use' && { isServerTool: true }),
  }
}

function readToolResult(value: JsonValue): ContentBlock {
  const { toolUseId, status, content, type } = readObject(value) ?? {}
  return {
    kind: 'toolResult',
    id: readString(toolUseId) ?? '',
    ...(typeof type === 'string' && type !== 'tool_result' && { isServerTool: true }),
    isError: status === 'error',
    blocks: readObjects(content).map(parseContentBlock),
  }
}

function readReasoning(value: JsonValue): ContentBlock {
  const redacted = readString(member(value, 'redactedContent'))
  const signature = readString(member(value, 'reasoningText', 'signature'))
  return {
    kind: 'reasoning',
    text: readString(member(value, 'reasoningText', 'text')) ?? '',
    ...omitUndefined({ signature }),
    ...(redacted !== undefined && { redacted: Buffer.from(redacted, 'base64').toString('latin1') }),
  }
}

function readGuardContent(value: JsonValue): ContentBlock {
  const text = readString(member(value, 'text', 'text'))
  if (text === undefined) return mediaBlock('image', member(value, 'image') ?? {})
  return { kind: 'text', text, qualifiers: readStrings(member(value, 'text', 'qualifiers')) }
}

function mediaBlock(kind: MediaBlock['kind'], value: JsonValue): MediaBlock {
  const { format = '', name, source: given, citations } = readObject(value) ?? {}
  const content = readObject(given) ?? {}
  const source = readSource(content)
  const named = { format: readString(format) ?? '', name: readString(name) }
  const chunks = content.content === undefined ? undefined : readTexts(content.content)
  return {
    kind,
    format: named.format,
    ...omitUndefined({ name: named.name }),
    ...(isCitable(citations) && { citable: describeDocument(named.name, named.format, source, chunks) }),
    source,
  }
}

function readSearchResult(value: JsonValue): ContentBlock {
  const { title, source, content, citations } = readObject(value) ?? {}
  const citable = describeSearchResult(readString(title), readString(source), readTexts(content))
  return { kind: 'text', text: joinTexts(content), ...(isCitable(citations) && { citable }) }
}

function readSource({ bytes, s3Location, text, content }: JsonObject): MediaBlock['source'] {
  if (typeof bytes === 'string') return { kind: 'bytes', bytes: decodeBase64(bytes) }
  if (typeof text === 'string') return { kind: 'text', text }
  if (content !== undefined) return { kind: 'text', text: joinTexts(content) }
  return { kind: 'location', uri: readString(readObject(s3Location)?.uri) ?? '' }
}

function joinTexts(blocks: JsonValue | undefined): string {
  return readTexts(blocks).join('\n')
}

function readTexts(blocks: JsonValue | undefined): string[] {
  return readObjects(blocks).map(({ text }) => readString(text) ?? '')
}

function textBlock(value: JsonValue): ContentBlock {
  return { kind: 'text', text: readString(value) ?? '' }
}

function member(value: JsonValue, ...names: string[]): JsonValue | undefined {
  return names.reduce<JsonValue | undefined>((inner, name) => readObject(inner)?.[name], value)
}
