import { asObject, type PlainObject, readJsonIfAny } from '../../json/json-document.ts'
import type { ToolKind, ToolType } from './convert-tools.ts'
import type { OutputItem } from './response-form.ts'

/** Prefixes of the ids of calls, as OpenAI's API has them. */
export const CALL_PREFIXES: Readonly<Record<ToolType, string>> = {
  function: 'fc',
  custom: 'ctc',
  local_shell: 'lsh',
  shell: 'sh',
  apply_patch: 'apc',
  tool_search: 'tsc',
}

/** Call of a tool. */
export interface Call {
  readonly id: string
  /** Id of the tool use. */
  readonly callId: string
  readonly kind: ToolKind
  /** JSON text of the input; empty if the model gave none. */
  readonly input: string
  readonly status: 'in_progress' | 'completed' | 'incomplete'
}

/** Makes the item of a call, by the type of its tool. */
export function toCallItem({ id, callId, kind, input, status }: Call): OutputItem {
  const { type, name, namespace } = kind
  const common = { id, status, call_id: callId }
  const named = { name, ...(namespace !== undefined && { namespace }) }
  switch (type) {
    case 'function':
      return { type: 'function_call', ...common, ...named, arguments: input }
    case 'custom':
      return { type: 'custom_tool_call', ...common, ...named, input: readCustomInput(input) }
    case 'local_shell':
      return { type: 'local_shell_call', ...common, action: { type: 'exec', env: {}, ...parseInput(input) } }
    case 'shell':
      return { type: 'shell_call', ...common, action: toShellAction(parseInput(input)), environment: { type: 'local' } }
    case 'apply_patch':
      return { type: 'apply_patch_call', ...common, operation: parseInput(input) }
    case 'tool_search':
      return { type: 'tool_search_call', ...common, execution: 'client', arguments: parseInput(input) }
  }
}

function toShellAction({ commands = [], timeout_ms = null, max_output_length = null, ...others }: PlainObject): object {
  return { commands, timeout_ms, max_output_length, ...others }
}

/** Reads the text of a custom tool. A model that ignores the schema still gets its whole input through. */
export function readCustomInput(input: string): string {
  if (input === '') return ''
  const text = readJsonIfAny(Buffer.from(input))?.root.get('input')?.text
  return text ?? input
}

function parseInput(input: string): PlainObject {
  try {
    return asObject(JSON.parse(input))
  } catch {
    return {}
  }
}

/** Block of reasoning that has ended. */
export interface ReasoningBlock {
  readonly text: string
  readonly signature: string
  /** Pieces in base64. */
  readonly redacted: readonly string[]
}

/** Writes the block of Converse that must come back; undefined: a block without a signature, which need not. */
export function writeReasoningBlock({ text, signature, redacted }: ReasoningBlock): string | undefined {
  if (redacted.length > 0) {
    const bytes = Buffer.concat(redacted.map((piece) => Buffer.from(piece, 'base64')))
    return JSON.stringify({ reasoningContent: { redactedContent: bytes.toString('base64') } })
  }
  if (signature === '') return undefined
  return JSON.stringify({ reasoningContent: { reasoningText: { text, signature } } })
}
