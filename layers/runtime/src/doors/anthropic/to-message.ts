import { randomBytes } from 'node:crypto'
import { BedrockError, type RestReply } from '../../core/errors.ts'
import { asObject, type JsonValue, type PlainObject, parseObject, readJsonObject } from '../../json/json-document.ts'
import { type JsonText, joinJson, writeArray, writeObject } from '../../json/write-json.ts'
import { toStopReason, toStopSequence } from './stop-reason.ts'
import { toUsage } from './usage.ts'

/** Makes an id of Anthropic's form. */
export function createMessageId(): string {
  return `msg_bdrk_${randomBytes(12).toString('hex')}`
}

/**
 * Turns an answer of Converse into a message of Anthropic's API. Texts and tool inputs are copied.
 *
 * @throws BedrockError ModelErrorException for an answer without a message
 */
export function toMessage(reply: RestReply, modelId: string): RestReply {
  const { root } = readJsonObject(reply.body, "the model's answer")
  const message = root.get('output')?.get('message')
  if (!message) throw new BedrockError('ModelErrorException', "The model's answer has no message.")
  const content = (message.get('content')?.items ?? []).flatMap(toBlock)
  const { stopReason, ...answer } = parseAnswer(root)
  const document = writeObject([
    ['id', JSON.stringify(createMessageId())],
    ['type', '"message"'],
    ['role', '"assistant"'],
    ['model', JSON.stringify(modelId)],
    ['content', writeArray(content)],
    ['stop_reason', JSON.stringify(toStopReason(stopReason))],
    ['stop_sequence', JSON.stringify(toStopSequence(answer))],
    ['usage', JSON.stringify(toUsage(answer))],
  ])
  return { ...reply, headers: { ...reply.headers, 'content-type': 'application/json' }, body: joinJson(document) }
}

/** Parses the parts of an answer beside its message. */
function parseAnswer(root: JsonValue): PlainObject & { readonly stopReason: string } {
  const others = root.members.filter(({ name }) => name !== 'output' && name !== 'trace')
  const parsed = Object.fromEntries(others.map(({ name, value }) => [name, value.parse()]))
  return { ...parsed, stopReason: String(parsed.stopReason ?? 'end_turn') }
}

function toBlock(block: JsonValue): JsonText[] {
  const text = block.get('text')
  if (text) return [writeText(text.bytes)]
  const use = block.get('toolUse')
  if (use && use.get('type')?.text !== 'server_tool_use') {
    return [
      writeObject([
        ['type', '"tool_use"'],
        ['id', use.get('toolUseId')?.bytes ?? '""'],
        ['name', use.get('name')?.bytes ?? '""'],
        ['input', use.get('input')?.bytes ?? '{}'],
      ]),
    ]
  }
  const reasoning = block.get('reasoningContent')
  if (reasoning) return toThinking(reasoning)
  const cited = block.get('citationsContent')
  return cited ? [toCitedText(cited)] : []
}

function writeText(text: JsonText): JsonText {
  return writeObject([
    ['type', '"text"'],
    ['text', text],
  ])
}

function toThinking(reasoning: JsonValue): JsonText[] {
  const redacted = reasoning.get('redactedContent')
  if (redacted) {
    return [
      writeObject([
        ['type', '"redacted_thinking"'],
        ['data', redacted.bytes],
      ]),
    ]
  }
  const text = reasoning.get('reasoningText')
  return [
    writeObject([
      ['type', '"thinking"'],
      ['thinking', text?.get('text')?.bytes ?? '""'],
      ['signature', text?.get('signature')?.bytes ?? '""'],
    ]),
  ]
}

function toCitedText(cited: JsonValue): JsonText {
  const text = (cited.get('content')?.items ?? []).map((part) => part.get('text')?.text ?? '').join('')
  const citations = (cited.get('citations')?.items ?? []).map((citation) => toCitation(parseObject(citation.bytes)))
  return writeObject([
    ['type', '"text"'],
    ['text', JSON.stringify(text)],
    ['citations', JSON.stringify(citations)],
  ])
}

/** Kinds of locations, with the names of their members in Anthropic's API. */
const LOCATIONS: Readonly<
  Record<string, { readonly type: string; readonly index: string; readonly start: string; readonly end: string }>
> = {
  documentChar: { type: 'char_location', index: 'document_index', start: 'start_char_index', end: 'end_char_index' },
  documentPage: { type: 'page_location', index: 'document_index', start: 'start_page_number', end: 'end_page_number' },
  documentChunk: {
    type: 'content_block_location',
    index: 'document_index',
    start: 'start_block_index',
    end: 'end_block_index',
  },
  searchResultLocation: {
    type: 'search_result_location',
    index: 'search_result_index',
    start: 'start_block_index',
    end: 'end_block_index',
  },
}

/** Turns a citation of Converse into one of Anthropic's API. */
export function toCitation(citation: PlainObject): Record<string, unknown> {
  const [[kind, place] = ['', {}]] = Object.entries(asObject(citation.location))
  const names = LOCATIONS[kind]
  const { documentIndex, searchResultIndex, start, end } = asObject(place)
  const sources = Array.isArray(citation.sourceContent) ? citation.sourceContent : []
  const cited_text = sources.map((part) => asObject(part).text ?? '').join('')
  const title = citation.title ?? null
  if (!names) return { type: 'char_location', cited_text, document_title: title }
  const isSearch = kind === 'searchResultLocation'
  return {
    type: names.type,
    cited_text,
    ...(isSearch ? { source: citation.source ?? '', title } : { document_title: title }),
    [names.index]: (isSearch ? searchResultIndex : documentIndex) ?? 0,
    [names.start]: start ?? 0,
    [names.end]: end ?? 0,
  }
}
