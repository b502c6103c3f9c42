import { BedrockError } from '../../core/errors.ts'
import type { ModelCall } from '../../core/model-call.ts'
import { insertMember, type JsonEdit, replaceMember, replaceValue, setMember } from '../../json/edit-json.ts'
import { type JsonDocument, type JsonValue, malformed } from '../../json/json-document.ts'
import type { GuardrailOptions } from './guardrail-options.ts'
import { type Guard, guardsSystem, requireSameGuardrail, requireUniqueNames, withJsonType } from './guardrail-rules.ts'

const CONFIG = 'guardrailConfig'
const GUARDRAIL_HEADERS: readonly string[] = ['x-amzn-bedrock-guardrailidentifier', 'x-amzn-bedrock-guardrailversion']
/** InvokeModel's own configuration: in Converse it could only get into the model's body by the extra fields. */
const NATIVE_CONFIG = 'amazon-bedrock-guardrailConfig'

/** Guards Converse and ConverseStream, whose documents name their guardrail. */
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
    ...(isSystemGuarded ? SYSTEM_NAMES : []),
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

/** InvokeModel's headers mean nothing in Converse, as far as is known: so they need not go there. */
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

/** Names by which a document may have a system prompt; in `additionalModelRequestFields` a native one. */
const SYSTEM_NAMES: readonly string[] = ['system', 'preamble']

/**
 * Marks the texts of the system prompt as guardContent, without which Bedrock does not show them to the guardrail. The
 * messages stay guarded as they are. Source: Bedrock API reference, Converse, guardrailConfig: blocks in `messages` alone
 * narrow what is evaluated of them.
 *
 * @throws BedrockError ValidationException for a system prompt where it cannot be marked
 */
function guardSystem(root: JsonValue): JsonEdit[] {
  const fields = root.get('additionalModelRequestFields')
  const hiddenName = SYSTEM_NAMES.find((name) => fields?.get(name))
  if (hiddenName) {
    throw hidden(`additionalModelRequestFields.${hiddenName} is a system prompt`, 'Put it into system')
  }
  const blocks = root.get('system')?.items ?? []
  for (const [index, block] of blocks.entries()) {
    const guarded = block.get('guardContent')
    if (guarded && !isEvaluated(guarded)) {
      throw hidden(`system.${index}.guardContent is a source or query only`, 'Add guard_content to its qualifiers')
    }
  }
  return blocks
    .flatMap(({ members }) => members)
    .filter(({ name, value }) => name === 'text' && (value.text ?? '') !== '')
    .map((member) => replaceMember(member, `"guardContent":{"text":{"text":${member.value.bytes.toString()}}}`))
}

/**
 * Blocks that a guardrail never evaluates. Source: Bedrock user guide, "Include a guardrail with the Converse API": tool
 * results, tool inputs and reasoning are not evaluated.
 */
const NEVER_EVALUATED = new Set(['toolUse', 'toolResult', 'reasoningContent', 'cachePoint'])

/**
 * Refuses a Converse document that hides content from the guardrail: as soon as there is one guardContent block in its
 * messages, Bedrock shows the guardrail no other.
 *
 * @throws BedrockError ValidationException that names the first such block
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

/** Text with the qualifiers of grounding alone is what an answer is measured by, and is not evaluated itself. */
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
