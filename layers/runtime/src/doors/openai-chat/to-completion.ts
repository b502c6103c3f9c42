import type { RestReply } from '../../core/errors.ts'
import { asObject, type JsonValue, readJsonObject } from '../../json/json-document.ts'
import { type JsonText, joinJson, type WrittenMember, writeArray, writeObject } from '../../json/write-json.ts'
import { type Annotation, toAnnotation } from './annotations.ts'
import { type CompletionForm, createHead } from './completion.ts'
import { toFinishReason } from './finish-reason.ts'
import { toCompletionUsage } from './usage.ts'

/** Parts of OpenAI's message, collected from the blocks of an answer. */
interface Message {
  /** JSON texts of strings, as they are written. */
  readonly texts: Buffer[]
  readonly toolCalls: JsonText[]
  readonly reasoning: Buffer[]
  readonly thinkingBlocks: JsonText[]
  readonly citations: JsonText[]
  readonly annotations: Annotation[]
  /** Length of the texts. */
  length: number
}

/**
 * Translates an answer of Converse into a chat completion. Texts and the inputs of tools are copied as they are written.
 *
 * @throws BedrockError ModelErrorException for a malformed answer
 */
export function toCompletion(reply: RestReply, form: CompletionForm): RestReply {
  const { root } = readJsonObject(reply.body, 'the answer')
  const finishReason = toFinishReason(root.get('stopReason')?.text ?? '', form.isFormat)
  const message = collectMessage(root.get('output')?.get('message')?.get('content')?.items ?? [], form)
  const rest = asObject(readRest(root))
  const tier = asObject(rest.serviceTier).type
  const choice = writeObject([
    ['index', '0'],
    ['message', writeMessage(message)],
    ['logprobs', 'null'],
    ['finish_reason', JSON.stringify(finishReason)],
  ])
  const { id, object, created, model } = createHead('chat.completion', form)
  const body = writeObject([
    ['id', JSON.stringify(id)],
    ['object', JSON.stringify(object)],
    ['created', String(created)],
    ['model', JSON.stringify(model)],
    ['choices', writeArray([choice])],
    ['usage', JSON.stringify(toCompletionUsage(rest))],
    typeof tier === 'string' ? ['service_tier', JSON.stringify(tier)] : undefined,
    ...writeGuardrail(root),
  ])
  return { ...reply, headers: { ...reply.headers, 'content-type': 'application/json' }, body: joinJson(body) }
}

/** Reads the small members of an answer. */
function readRest(root: JsonValue): Record<string, unknown> {
  return Object.fromEntries(['usage', 'serviceTier'].map((name) => [name, root.get(name)?.parse()]))
}

/** Writes what Bedrock's own chat completions say of a guardrail. */
function writeGuardrail(root: JsonValue): WrittenMember[] {
  const trace = root.get('trace')?.get('guardrail')
  const hasIntervened = root.get('stopReason')?.text === 'guardrail_intervened'
  if (!trace && !hasIntervened) return []
  return [
    ['amazon-bedrock-guardrailAction', hasIntervened ? '"INTERVENED"' : '"NONE"'],
    trace && ['amazon-bedrock-trace', writeObject([['guardrail', trace.bytes]])],
  ]
}

function collectMessage(blocks: readonly JsonValue[], { isFormat }: CompletionForm): Message {
  const message: Message = {
    texts: [],
    toolCalls: [],
    reasoning: [],
    thinkingBlocks: [],
    citations: [],
    annotations: [],
    length: 0,
  }
  const formatted = isFormat ? blocks.map((block) => block.get('toolUse')?.get('input')).find(Boolean) : undefined
  // The input of the tool is the answer, and a text beside it is no part of it.
  if (formatted) message.texts.push(quoteJson(formatted))
  for (const block of blocks) {
    const [text, use] = formatted ? [] : [block.get('text'), block.get('toolUse')]
    const reasoning = block.get('reasoningContent')
    const cited = block.get('citationsContent')
    if (text) addText(message, text)
    if (use) addToolUse(message, use)
    if (reasoning) addReasoning(message, reasoning)
    if (cited) addCitedText(message, cited)
  }
  return message
}

function addText(message: Message, text: JsonValue): void {
  message.texts.push(text.bytes)
  message.length += text.text?.length ?? 0
}

function addCitedText(message: Message, cited: JsonValue): void {
  const start = message.length
  for (const part of cited.get('content')?.items ?? []) {
    const text = part.get('text')
    if (text) addText(message, text)
  }
  for (const citation of cited.get('citations')?.items ?? []) {
    message.citations.push(citation.bytes)
    const annotation = toAnnotation(asObject(citation.parse()), start, message.length)
    if (annotation) message.annotations.push(annotation)
  }
}

/** JSON text of the string that holds a value's JSON text. */
function quoteJson({ bytes }: JsonValue): Buffer {
  return Buffer.from(JSON.stringify(bytes.toString()))
}

function addToolUse(message: Message, use: JsonValue): void {
  // Bedrock itself runs these tools.
  if (use.get('type')?.text === 'server_tool_use') return
  const input = use.get('input')
  const called = writeObject([
    ['name', use.get('name')?.bytes ?? '""'],
    ['arguments', input ? quoteJson(input) : '"{}"'],
  ])
  message.toolCalls.push(
    writeObject([
      ['id', use.get('toolUseId')?.bytes ?? '""'],
      ['type', '"function"'],
      ['function', called],
    ]),
  )
}

function addReasoning(message: Message, reasoning: JsonValue): void {
  const redacted = reasoning.get('redactedContent')
  if (redacted) {
    message.thinkingBlocks.push(
      writeObject([
        ['type', '"redacted_thinking"'],
        ['data', redacted.bytes],
      ]),
    )
    return
  }
  const read = reasoning.get('reasoningText')
  const text = read?.get('text')
  if (!read || !text) return
  message.reasoning.push(text.bytes)
  const signature = read.get('signature')
  message.thinkingBlocks.push(
    writeObject([['type', '"thinking"'], ['thinking', text.bytes], signature && ['signature', signature.bytes]]),
  )
}

function writeMessage(message: Message): JsonText {
  const { texts, toolCalls, reasoning, thinkingBlocks, citations, annotations } = message
  return writeObject([
    ['role', '"assistant"'],
    ['content', texts.length === 0 ? 'null' : joinStrings(texts)],
    ['refusal', 'null'],
    reasoning.length > 0 ? ['reasoning_content', joinStrings(reasoning)] : undefined,
    thinkingBlocks.length > 0 ? ['thinking_blocks', writeArray(thinkingBlocks)] : undefined,
    toolCalls.length > 0 ? ['tool_calls', writeArray(toolCalls)] : undefined,
    annotations.length > 0 ? ['annotations', JSON.stringify(annotations)] : undefined,
    citations.length > 0 ? ['citations', writeArray(citations)] : undefined,
  ])
}

/** Joins strings without decoding them. */
function joinStrings(strings: readonly Buffer[]): JsonText {
  return ['"', ...strings.map((string) => string.subarray(1, -1)), '"']
}
