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

export interface ToolChoice {
  readonly kind: 'none' | 'auto' | 'required' | 'tool'
  /** JSON text of the name of the tool to call. */
  readonly name?: JsonText
  /** Names of the tools that may be called; undefined: all. */
  readonly allowed?: ReadonlySet<string>
}

export interface Tool {
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
  const choice = checkChoice(parseChoice(root.get('tool_choice')), translation)
  const all = (root.get('tools')?.items ?? []).map((tool, index) => convertTool(tool, `tools[${index}]`, translation))
  if (all.length === 0 && (choice.kind === 'required' || choice.kind === 'tool')) {
    throw invalidRequest('tool_choice', "'tool_choice' is only allowed when 'tools' are specified.", 'invalid_value')
  }
  return arrangeTools(choice, all, usedTools)
}

/** Arranges the tools of a request and those that its conversation has used, by the choice of the request. */
export function arrangeTools(choice: ToolChoice, all: readonly Tool[], usedTools: ReadonlySet<string>): ConvertedTools {
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
    name === undefined ? undefined : ['name', name],
    ['disable_parallel_tool_use', 'true'],
  ])
}

function convertTool(tool: JsonValue, path: string, translation: Translation): Tool {
  const { left } = translation
  checkMembers(tool, INNER_MEMBERS.tool, path, left)
  requireFunctionType(tool, path)
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
  return convertFunction(definition, functionPath, translation)
}

/** Checks `type` of a tool or of its call. Many clients leave it out. */
export function requireFunctionType(object: JsonValue, path: string): void {
  const type = object.get('type')
  if (!type || type.text === 'function') return
  throw invalidRequest(`${path}.type`, `${path}.type must be function.`, 'invalid_value')
}

/** Changes names and descriptions of tools, such as those of a namespace. */
export interface ToolSpace {
  readonly toName: (name: string) => string
  readonly describe: (description: string) => string
}

/** Converts the definition of a function, whose members are checked. Its description and its schema are copied. */
export function convertFunction(
  definition: JsonValue,
  path: string,
  { model, left }: Translation,
  space?: ToolSpace,
): Tool {
  const name = requireString(definition, 'name', path)
  const description = definition.get('description')
  const own = { name: name.text ?? '', description: description?.text ?? '' }
  const named = space && { name: space.toName(own.name), description: space.describe(own.description) }
  const parameters = definition.get('parameters')
  const isStrict = definition.get('strict')?.kind === 'true'
  // Strict tools are a part of structured outputs.
  const hasStrict = isStrict && !model.refuses.has('outputConfig')
  if (isStrict && !hasStrict) left.add(`${path}.strict`)
  const schema = parameters && !parameters.isEmpty ? parameters.bytes : '{"type":"object","properties":{}}'
  return {
    name: (named ?? own).name,
    written: writeToolSpec([
      ['name', named ? JSON.stringify(named.name) : name.bytes],
      (named ?? own).description
        ? ['description', (named ? JSON.stringify(named.description) : description?.bytes) ?? '']
        : undefined,
      ['inputSchema', writeObject([['json', schema]])],
      hasStrict ? ['strict', 'true'] : undefined,
    ]),
  }
}

export function writeToolSpec(members: Parameters<typeof writeObject>[0]): JsonText {
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

/** @throws BedrockError ValidationException for a forced tool, if the model accepts none */
export function checkChoice(read: ToolChoice, { model }: Translation): ToolChoice {
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
  if (type === 'function' && name?.kind === 'string') return { kind: 'tool', name: name.bytes }
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
  if (kind === 'tool' && name !== undefined) return writeObject([['tool', writeObject([['name', name]])]])
  // auto is the default, and some models refuse to be told so.
  return kind === 'required' ? '{"any":{}}' : undefined
}
