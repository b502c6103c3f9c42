import type { JsonValue } from '../../json/json-document.ts'
import { type JsonText, writeArray, writeObject } from '../../json/write-json.ts'
import { invalidRequest } from '../openai/errors.ts'
import { checkMembers } from '../openai/request-members.ts'
import { requireString, type Translation } from './convert-content.ts'
import { INNER_MEMBERS } from './members.ts'

/** Tools of a request as parts of a Converse request. */
export interface ConvertedTools {
  /** `toolConfig`; undefined: no tool can be called, and the conversation has used none. */
  readonly toolConfig: JsonText | undefined
  /** Text for the model that says what Converse cannot. */
  readonly instruction: string | undefined
  /** Claude's own `tool_choice` that forbids parallel tool calls. Converse has no member for that. */
  readonly singleChoice: JsonText
}

interface ToolChoice {
  readonly kind: 'none' | 'auto' | 'required' | 'tool'
  /** Name of the tool to call, as it is written. */
  readonly name?: JsonValue
  /** Names of the tools that may be called; undefined: all. */
  readonly allowed?: ReadonlySet<string>
}

interface Tool {
  readonly name: string
  readonly written: JsonText
}

const NO_TOOLS = 'Do not call tools now. Answer with text.'

/**
 * Converts `tools` and `tool_choice`. Converse has no choice `none`, and wants the tools of a conversation that has used
 * tools: these stay, and an instruction tells the model not to call them.
 */
export function convertTools(
  root: JsonValue,
  usedTools: ReadonlySet<string>,
  translation: Translation,
): ConvertedTools {
  const choice = readChoice(root.get('tool_choice'), translation)
  const all = (root.get('tools')?.items ?? []).map((tool, index) => convertTool(tool, `tools[${index}]`, translation))
  const tools = choice.allowed ? all.filter(({ name }) => choice.allowed?.has(name)) : all
  const isCallable = tools.length > 0 && choice.kind !== 'none'
  if (!isCallable && usedTools.size === 0) return { toolConfig: undefined, instruction: undefined, singleChoice: '' }
  const missing = [...usedTools].filter((used) => !all.some(({ name }) => name === used))
  const kept = isCallable ? tools : [...all, ...missing.map(writeUsedTool)]
  const toolChoice = isCallable ? writeChoice(choice) : undefined
  return {
    toolConfig: writeObject([
      ['tools', writeArray(kept.map(({ written }) => written))],
      toolChoice ? ['toolChoice', toolChoice] : undefined,
    ]),
    instruction: isCallable ? undefined : NO_TOOLS,
    singleChoice: writeSingleChoice(choice),
  }
}

function writeSingleChoice({ kind, name }: ToolChoice): JsonText {
  const type = { none: 'auto', auto: 'auto', required: 'any', tool: 'tool' }[kind]
  return writeObject([
    ['type', JSON.stringify(type)],
    name && ['name', name.bytes],
    ['disable_parallel_tool_use', 'true'],
  ])
}

function convertTool(tool: JsonValue, path: string, { model, left }: Translation): Tool {
  checkMembers(tool, INNER_MEMBERS.tool, path, left)
  const definition = tool.get('function')
  const functionPath = `${path}.function`
  if (definition?.kind !== 'object') {
    throw invalidRequest(
      functionPath,
      `${functionPath} must be an object: tools have the type function.`,
      'invalid_type',
    )
  }
  checkMembers(definition, INNER_MEMBERS.toolFunction, functionPath, left)
  const name = requireString(definition, 'name', functionPath)
  const description = definition.get('description')
  const parameters = definition.get('parameters')
  const isStrict = definition.get('strict')?.kind === 'true'
  // Strict tools are a part of structured outputs.
  const hasStrict = isStrict && !model.refuses.has('outputConfig')
  if (isStrict && !hasStrict) left.add(`${functionPath}.strict`)
  const schema = parameters && !parameters.isEmpty ? parameters.bytes : '{"type":"object","properties":{}}'
  return {
    name: name.text ?? '',
    written: writeToolSpec([
      ['name', name.bytes],
      description?.text ? ['description', description.bytes] : undefined,
      ['inputSchema', writeObject([['json', schema]])],
      hasStrict ? ['strict', 'true'] : undefined,
    ]),
  }
}

function writeToolSpec(members: Parameters<typeof writeObject>[0]): JsonText {
  return writeObject([['toolSpec', writeObject(members)]])
}

/** Writes a tool that the conversation has used, but the request does not define any more. */
function writeUsedTool(name: string): Tool {
  const schema = writeObject([['json', '{"type":"object"}']])
  return {
    name,
    written: writeToolSpec([
      ['name', JSON.stringify(name)],
      ['inputSchema', schema],
    ]),
  }
}

function readChoice(choice: JsonValue | undefined, { model }: Translation): ToolChoice {
  const read = parseChoice(choice)
  const feature = { required: 'toolChoiceAny', tool: 'toolChoiceTool', none: '', auto: '' }[read.kind]
  const isForced = read.kind === 'required' || read.kind === 'tool'
  if (model.refuses.has(feature) || (isForced && model.refuses.has('forcedToolChoice'))) {
    throw invalidRequest(
      'tool_choice',
      `${model.modelId} accepts no forced tool: tool_choice must be auto or none.`,
      'unsupported_value',
    )
  }
  return read
}

function parseChoice(choice: JsonValue | undefined): ToolChoice {
  if (!choice) return { kind: 'auto' }
  const { text } = choice
  if (text === 'none' || text === 'auto' || text === 'required') return { kind: text }
  const type = choice.get('type')?.text
  const name = choice.get('function')?.get('name')
  if (type === 'function' && name?.kind === 'string') return { kind: 'tool', name }
  const allowed = choice.get('allowed_tools')
  if (type === 'allowed_tools' && allowed) {
    const names = allowed.get('tools')?.items.map((tool) => tool.get('function')?.get('name')?.text ?? '')
    return { kind: allowed.get('mode')?.text === 'required' ? 'required' : 'auto', allowed: new Set(names) }
  }
  throw invalidRequest(
    'tool_choice',
    'tool_choice must be none, auto, required, {"type": "function", "function": {"name": …}} or {"type": "allowed_tools", …}.',
    'invalid_value',
  )
}

function writeChoice({ kind, name }: ToolChoice): JsonText | undefined {
  if (kind === 'tool' && name) return writeObject([['tool', writeObject([['name', name.bytes]])]])
  // auto is the default, and some models refuse to be told so.
  return kind === 'required' ? '{"any":{}}' : undefined
}
