import type { JsonValue } from '../../json/json-document.ts'
import { type JsonText, writeArray, writeObject } from '../../json/write-json.ts'
import { invalidRequest } from '../openai/errors.ts'
import { checkMembers } from '../openai/request-members.ts'
import { requireString, type Translation } from '../openai-chat/convert-content.ts'
import {
  arrangeTools,
  type ConvertedTools,
  checkChoice,
  convertFunction,
  type Tool,
  type ToolChoice,
  type ToolSpace,
  writeToolSpec,
} from '../openai-chat/convert-tools.ts'
import { TOOL_MEMBERS } from './members.ts'

/** Type of a tool, which decides on the item of its calls. */
export type ToolType = 'function' | 'custom' | 'local_shell' | 'shell' | 'apply_patch' | 'tool_search'

/** Tool as the client named it. */
export interface ToolKind {
  readonly type: ToolType
  readonly name: string
  readonly namespace?: string
}

/** Kinds of the tools of a request by their names in Converse. A tool that is not in it is a function. */
export type ToolKinds = ReadonlyMap<string, ToolKind>

export interface ConvertedResponseTools {
  readonly tools: ConvertedTools
  readonly kinds: ToolKinds
}

/** Tools of a request, or of an item of its input. */
export interface ToolList {
  readonly tools: JsonValue | undefined
  readonly path: string
}

/**
 * Converts tools into those of Converse: functions are copied, custom tools have one text as their input, and tools that the
 * client runs by their type (shells, patches, searches for tools) get the schema of what they are called with.
 *
 * @param lists `tools` of the request, and those that items of the input add
 */
export function convertTools(
  root: JsonValue,
  lists: readonly ToolList[],
  usedTools: ReadonlySet<string>,
  translation: Translation,
): ConvertedResponseTools {
  const kinds = new Map<string, ToolKind>()
  const byName = new Map<string, Tool>()
  for (const { tools, path } of lists) {
    for (const [index, tool] of (tools?.items ?? []).entries()) {
      for (const { converted, kind } of convertTool(tool, `${path}[${index}]`, translation)) {
        byName.set(converted.name, converted)
        kinds.set(converted.name, kind)
      }
    }
  }
  const choice = checkChoice(parseChoice(root.get('tool_choice')), translation)
  return { tools: arrangeTools(choice, [...byName.values()], usedTools), kinds }
}

/** Name of a tool in Converse, which has no namespaces. */
export function toToolName(name: string, namespace: string | undefined): string {
  return namespace === undefined ? name : `${namespace}__${name}`
}

/** Codex sends a search of the web with each request unless it is told not to. */
function advise(type: string): string {
  return type.startsWith('web_search') ? ' In Codex, set web_search = "disabled" in config.toml.' : ''
}

interface KnownTool {
  readonly converted: Tool
  readonly kind: ToolKind
}

function convertTool(tool: JsonValue, path: string, translation: Translation): KnownTool[] {
  const type = tool.get('type')?.text ?? ''
  const members = Object.hasOwn(TOOL_MEMBERS, type) ? TOOL_MEMBERS[type] : undefined
  if (!members) {
    throw invalidRequest(
      `${path}.type`,
      `Unsupported tool: '${type}'. ${path}.type must be ${Object.keys(TOOL_MEMBERS).join(', ')}: tools that a server runs are refused.${advise(type)}`,
      'unsupported_value',
    )
  }
  checkMembers(tool, members, path, translation.left)
  if (type === 'namespace') return convertNamespace(tool, path, translation)
  if (type === 'function' || type === 'custom') return [convertNamed(tool, type, path, translation)]
  const [description, schema] = CLIENT_TOOLS[type as ClientToolType]
  const own = tool.get('description')?.text ?? description
  const converted = writeTool(type, own, tool.get('parameters')?.bytes ?? JSON.stringify(schema))
  return [{ converted, kind: { type: type as ClientToolType, name: type } }]
}

/** Converts a tool that has a name, by itself or in a namespace. */
function convertNamed(
  tool: JsonValue,
  type: 'function' | 'custom',
  path: string,
  translation: Translation,
  namespace?: string,
  space?: ToolSpace,
): KnownTool {
  const name = requireString(tool, 'name', path).text ?? ''
  const kind = { type, name, ...(namespace !== undefined && { namespace }) }
  if (type === 'function') return { kind, converted: convertFunction(tool, path, translation, space) }
  const description = describeCustom(tool)
  const described = space?.describe(description) ?? description
  return { kind, converted: writeTool(toToolName(name, namespace), described, CUSTOM_SCHEMA) }
}

function convertNamespace(tools: JsonValue, path: string, translation: Translation): KnownTool[] {
  const namespace = requireString(tools, 'name', path).text ?? ''
  const description = tools.get('description')?.text ?? ''
  const space: ToolSpace = {
    toName: (name) => toToolName(name, namespace),
    describe: (own) => [description, own].filter((text) => text !== '').join('\n'),
  }
  return (tools.get('tools')?.items ?? []).map((tool, index): KnownTool => {
    const toolPath = `${path}.tools[${index}]`
    const type = tool.get('type')?.text
    if (type !== 'function' && type !== 'custom') {
      throw invalidRequest(`${toolPath}.type`, `${toolPath}.type must be function or custom.`, 'invalid_value')
    }
    checkMembers(tool, TOOL_MEMBERS[type] ?? {}, toolPath, translation.left)
    return convertNamed(tool, type, toolPath, translation, namespace, space)
  })
}

/** Describes a custom tool. Bedrock does not enforce a grammar, so the model is told it. */
function describeCustom(tool: JsonValue): string {
  const format = tool.get('format')
  const definition = format?.get('definition')?.text
  const grammar =
    definition === undefined ? '' : `The input must follow this ${format?.get('syntax')?.text} grammar:\n${definition}`
  return [tool.get('description')?.text ?? '', grammar].filter((text) => text !== '').join('\n\n')
}

const CUSTOM_SCHEMA =
  '{"type":"object","properties":{"input":{"type":"string","description":"The whole input, as plain text."}},"required":["input"],"additionalProperties":false}'

type ClientToolType = Exclude<ToolType, 'function' | 'custom'>

const TEXT = { type: 'string' }
const TEXTS = { type: 'array', items: TEXT }
const NUMBER = { type: 'integer' }

/** Description and schema of tools that have only a type. Source: the types of the package openai, 7.59.0. */
const CLIENT_TOOLS: Readonly<Record<ClientToolType, readonly [description: string, schema: object]>> = {
  local_shell: [
    'Runs a command on the local machine and returns its output.',
    {
      type: 'object',
      properties: {
        command: { ...TEXTS, description: 'The program and its arguments.' },
        working_directory: TEXT,
        timeout_ms: NUMBER,
        env: { type: 'object', additionalProperties: TEXT },
      },
      required: ['command'],
    },
  ],
  shell: [
    'Runs shell commands and returns their output.',
    {
      type: 'object',
      properties: {
        commands: { ...TEXTS, description: 'The commands, which may run at the same time.' },
        timeout_ms: NUMBER,
        max_output_length: NUMBER,
      },
      required: ['commands'],
    },
  ],
  apply_patch: [
    'Creates, updates or deletes one file by a diff in the V4A format.',
    {
      type: 'object',
      properties: {
        type: { type: 'string', enum: ['create_file', 'update_file', 'delete_file'] },
        path: { ...TEXT, description: 'The path, relative to the workspace.' },
        diff: { ...TEXT, description: 'The diff. A file to delete has none.' },
      },
      required: ['type', 'path'],
    },
  ],
  tool_search: ['Searches for more tools.', { type: 'object', properties: { query: TEXT }, required: ['query'] }],
}

function writeTool(name: string, description: string, schema: JsonText): Tool {
  return {
    name,
    written: writeToolSpec([
      ['name', JSON.stringify(name)],
      description === '' ? undefined : ['description', JSON.stringify(description)],
      ['inputSchema', writeObject([['json', schema]])],
    ]),
  }
}

/** Writes the names of tools as the result of a search for them. */
export function writeToolNames(tools: JsonValue | undefined): JsonText {
  const names = (tools?.items ?? []).map((tool) => tool.get('name')?.bytes ?? JSON.stringify(tool.get('type')?.text))
  return writeObject([['json', writeObject([['tools', writeArray(names)]])]])
}

function parseChoice(choice: JsonValue | undefined): ToolChoice {
  if (!choice) return { kind: 'auto' }
  const { text } = choice
  if (text === 'none' || text === 'auto' || text === 'required') return { kind: text }
  const name = choice.kind === 'object' ? readToolName(choice) : undefined
  if (name !== undefined) return { kind: 'tool', name: JSON.stringify(name) }
  if (choice.get('type')?.text === 'allowed_tools') {
    const names = (choice.get('tools')?.items ?? []).map((tool) => readToolName(tool) ?? '')
    return { kind: choice.get('mode')?.text === 'required' ? 'required' : 'auto', allowed: new Set(names) }
  }
  throw invalidRequest(
    'tool_choice',
    'tool_choice must be none, auto, required, a tool ({"type": "function", "name": …}) or {"type": "allowed_tools", …}.',
    'invalid_value',
  )
}

/** Reads the name in Converse of a tool that a choice names. */
function readToolName(choice: JsonValue): string | undefined {
  const type = choice.get('type')?.text ?? ''
  const name = choice.get('name')?.text
  if (type === 'function' || type === 'custom') {
    return name === undefined ? undefined : toToolName(name, choice.get('namespace')?.text)
  }
  return Object.hasOwn(CLIENT_TOOLS, type) ? type : undefined
}
