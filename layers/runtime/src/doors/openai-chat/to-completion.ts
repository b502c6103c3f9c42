import type { RestReply } from '../../core/errors.ts'
import { BEDROCK_REQUEST_ID_HEADER } from '../../core/model-call.ts'
import { asObject, type JsonValue, readJsonObject } from '../../json/json-document.ts'
import { type JsonText, joinJson, type WrittenMember, writeArray, writeObject } from '../../json/write-json.ts'
import { type Annotation, toAnnotation } from './annotations.ts'
import { type CompletionForm, createHead } from './completion.ts'
import { toFinishReason } from './finish-reason.ts'
import { toCompletionUsage } from './usage.ts'

/** Parts of OpenAI's message, collected from the blocks of an answer. */
interface Message {
  readonly texts: JsonValue[]
  readonly toolCalls: JsonText[]
  readonly reasoning: JsonValue[]
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
  return { ...reply, headers: toHeaders(reply.headers), body: joinJson(body) }
}

function toHeaders(headers: RestReply['headers']): Record<string, string> {
  const requestId = headers[BEDROCK_REQUEST_ID_HEADER]
  return {
    ...headers,
    'content-type': 'application/json',
    ...(requestId !== undefined && { 'x-request-id': requestId }),
  }
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
  const addText = (text: JsonValue): void => {
    message.texts.push(text)
    message.length += text.text?.length ?? 0
  }
  for (const block of blocks) {
    const text = block.get('text')
    const use = block.get('toolUse')
    const reasoning = block.get('reasoningContent')
    const cited = block.get('citationsContent')
    if (text) addText(text)
    else if (use) addToolUse(message, use, isFormat)
    else if (reasoning) addReasoning(message, reasoning)
    else if (cited) {
      const start = message.length
      for (const part of cited.get('content')?.items ?? []) {
        const partText = part.get('text')
        if (partText) addText(partText)
      }
      for (const citation of cited.get('citations')?.items ?? []) {
        message.citations.push(citation.bytes)
        const annotation = toAnnotation(asObject(citation.parse()), start, message.length)
        if (annotation) message.annotations.push(annotation)
      }
    }
  }
  return message
}

function addToolUse(message: Message, use: JsonValue, isFormat: boolean): void {
  // Bedrock itself runs these tools.
  if (use.get('type')?.text === 'server_tool_use') return
  const input = use.get('input')?.bytes ?? Buffer.from('{}')
  const text = JSON.stringify(input.toString())
  if (isFormat) {
    const document = readJsonObject(Buffer.from(`{"text":${text}}`)).root.get('text')
    if (document) message.texts.push(document)
    return
  }
  const called = writeObject([
    ['name', use.get('name')?.bytes ?? '""'],
    ['arguments', text],
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
  message.reasoning.push(text)
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
function joinStrings(strings: readonly JsonValue[]): JsonText {
  return ['"', ...strings.map(({ bytes }) => bytes.subarray(1, -1)), '"']
}
