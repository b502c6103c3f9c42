import { BedrockError } from '../../core/errors.ts'
import type { ModelCall } from '../../core/model-call.ts'
import { insertMember, type JsonEdit, replaceValue, setMember } from '../../json/edit-json.ts'
import { type JsonDocument, type JsonValue, malformed } from '../../json/json-document.ts'
import { findSystemTexts } from './find-system-texts.ts'
import type { GuardrailOptions } from './guardrail-options.ts'
import { type Guard, guardsSystem, requireSameGuardrail, requireUniqueNames, withJsonType } from './guardrail-rules.ts'

const CONFIG = 'guardrailConfig'
const GUARDRAIL_HEADERS: readonly string[] = ['x-amzn-bedrock-guardrailidentifier', 'x-amzn-bedrock-guardrailversion']
/** Configuration of InvokeModel. In Converse it could reach the model's body through additionalModelRequestFields. */
const NATIVE_CONFIG = 'amazon-bedrock-guardrailConfig'

/** Creates the guard of Converse and ConverseStream, whose documents name their guardrail. */
export function createConverseGuard(options: GuardrailOptions, streams: boolean): Guard {
  const own = {
    guardrailIdentifier: options.guardrailIdentifier,
    guardrailVersion: options.guardrailVersion,
    ...(options.trace && { trace: options.trace }),
    ...(streams && options.streamProcessingMode && { streamProcessingMode: options.streamProcessingMode }),
  }
  const isSystemGuarded = guardsSystem(options)
  const names = [
    ...[CONFIG, NATIVE_CONFIG],
    ...(options.contentGuarding === 'SELECTIVE' ? [] : ['guardContent']),
    ...(isSystemGuarded ? ['system', 'additionalModelRequestFields'] : []),
  ]

  function guardConfig(config: JsonValue): JsonEdit[] {
    if (config.kind === 'null') return [replaceValue(config, JSON.stringify(own))]
    if (config.kind !== 'object') throw new BedrockError('ValidationException', `${CONFIG} is not an object.`)
    const members = [`${CONFIG}.guardrailIdentifier`, `${CONFIG}.guardrailVersion`] as const
    const [identifier, version] = ['guardrailIdentifier', 'guardrailVersion'].map((name) => config.get(name)?.parse())
    requireSameGuardrail({ identifier, version, members }, options)
    return Object.entries(own).flatMap(([name, value]) => {
      const isBinding = name !== 'trace' && value !== 'async'
      return isBinding || !config.get(name) ? setMember(config, name, JSON.stringify(value)) : []
    })
  }

  function guardDocument(document: JsonDocument): JsonEdit[] {
    const { root } = document
    if (document.mayHaveMember(...names)) {
      requireUniqueNames(root)
      refuseNativeConfig(root)
      if (options.contentGuarding !== 'SELECTIVE') requireWholeContent(root)
      const edits = isSystemGuarded ? guardSystem(root) : []
      const [named] = root.getAll(CONFIG)
      return [...edits, ...(named ? guardConfig(named) : [insertMember(root, CONFIG, JSON.stringify(own))])]
    }
    return [insertMember(root, CONFIG, JSON.stringify(own))]
  }

  return ({ headers }, document) => {
    if (!document) throw malformed('the body is not JSON in UTF-8')
    return { headers: withoutGuardrails(withJsonType(headers)), edits: guardDocument(document) }
  }
}

/** Removes InvokeModel's guardrail headers, which have no documented meaning in Converse. */
function withoutGuardrails(headers: ModelCall['headers']): ModelCall['headers'] {
  if (!GUARDRAIL_HEADERS.some((name) => name in headers)) return headers
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !GUARDRAIL_HEADERS.includes(name)))
}

function refuseNativeConfig(root: JsonValue): void {
  const fields = root.get('additionalModelRequestFields')
  if (!fields || fields.getAll(NATIVE_CONFIG).length === 0) return
  throw new BedrockError(
    'ValidationException',
    `additionalModelRequestFields.${NATIVE_CONFIG} is for InvokeModel. In Converse the guardrail is configured by ${CONFIG}.`,
  )
}

/** Members of native bodies with the input of the model. Source: the providers' API references. */
const INPUT_MEMBERS = ['messages', 'message', 'chat_history', 'prompt', 'inputText']

/**
 * Marks the texts of the system prompt as guardContent. Without the mark, the guardrail does not evaluate them. Marks in the
 * system prompt do not change how messages are evaluated. Source: Bedrock API reference, Converse, guardrailConfig.
 *
 * @throws BedrockError ValidationException for a system prompt that cannot be marked
 */
function guardSystem(root: JsonValue): JsonEdit[] {
  const fields = root.get('additionalModelRequestFields')
  if (fields && findSystemTexts(fields).length > 0) {
    throw hidden('additionalModelRequestFields has a system prompt', 'Put it into system')
  }
  const input = INPUT_MEMBERS.find((name) => fields?.get(name))
  if (input !== undefined) throw hidden(`additionalModelRequestFields has ${input}`, 'Put the input into messages')
  return (root.get('system')?.items ?? []).flatMap((block, index) => {
    const set = block.members.filter(({ value }) => value.kind !== 'null')
    const guarded = block.get('guardContent')
    if (guarded && guarded.kind !== 'null' && !isEvaluated(guarded)) {
      throw hidden(`system.${index}.guardContent is a source or query only`, 'Add guard_content to its qualifiers')
    }
    const text = block.get('text')
    if (!text?.text) return []
    if (set.length > 1) {
      throw hidden(`system.${index} has ${set.map(({ name }) => name).join(' and ')}`, 'Give each block one member')
    }
    return [replaceValue(block, `{"guardContent":{"text":{"text":${text.bytes.toString()}}}}`)]
  })
}

/**
 * Content blocks that a guardrail never evaluates: tool results, tool inputs and reasoning.
 * Source: Bedrock user guide, "Include a guardrail with the Converse API".
 */
const NEVER_EVALUATED = new Set(['toolUse', 'toolResult', 'reasoningContent', 'cachePoint'])

/**
 * Refuses a Converse document that hides content from the guardrail. If messages have a guardContent block, the guardrail
 * evaluates only such blocks.
 *
 * @throws BedrockError ValidationException that names the first hidden block
 */
function requireWholeContent(root: JsonValue): void {
  const blocks = (root.get('messages')?.items ?? []).flatMap((message, index) =>
    (message.get('content')?.items ?? [])
      .filter(({ kind }) => kind === 'object')
      .map((block, position) => ({ block, path: `messages.${index}.content.${position}` })),
  )
  if (!blocks.some(({ block }) => block.getAll('guardContent').length > 0)) return
  for (const { block, path } of blocks) {
    const [guarded] = block.getAll('guardContent')
    if (!guarded) {
      if (block.members.every(({ name }) => NEVER_EVALUATED.has(name))) continue
      throw hidden(`${path} is outside of guardContent`, 'Put all text and media into guardContent blocks, or none')
    }
    if (!isEvaluated(guarded)) {
      throw hidden(`${path}.guardContent is a source or query only`, 'Add guard_content to its qualifiers')
    }
  }
}

/** Tests whether a guardContent block is evaluated. Text with only grounding qualifiers is not: answers are compared with it. */
function isEvaluated(content: JsonValue): boolean {
  const qualifiers = content.get('text')?.get('qualifiers')?.items ?? []
  return qualifiers.length === 0 || qualifiers.some(({ text }) => text === 'guard_content')
}

function hidden(fact: string, remedy: string): BedrockError {
  return new BedrockError(
    'ValidationException',
    `${fact}, where this stack's guardrail would not evaluate it. ${remedy}.`,
  )
}
