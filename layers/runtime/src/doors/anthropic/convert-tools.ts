import type { JsonValue } from '../../json/json-document.ts'
import { type JsonText, writeArray, writeObject } from '../../json/write-json.ts'
import { cachePoint, requireText, type Translation } from './convert-content.ts'
import { invalidMember } from './errors.ts'
import { checkMembers, INNER_MEMBERS } from './members.ts'

export interface ConvertedTools {
  readonly toolConfig?: JsonText
  /** Text for the model that says what Converse cannot. */
  readonly instruction?: string
  /** Members of `additionalModelRequestFields`. */
  readonly fields: readonly (readonly [string, JsonText])[]
}

const CHOICES = ['auto', 'any', 'tool', 'none']

const NO_TOOLS = 'Do not call tools now. Answer with text.'

/**
 * Converts `tools` and `tool_choice`. Converse has no choice `none`, and wants the tools of a conversation that has used tools:
 * these stay, and an instruction tells the model not to call them.
 */
export function convertTools(
  root: JsonValue,
  usedTools: ReadonlySet<string>,
  translation: Translation,
): ConvertedTools {
  const items = root.get('tools')?.items ?? []
  const written = items.flatMap((tool, index) => convertTool(tool, `tools.${index}`, translation))
  const choice = root.get('tool_choice')
  if (choice) checkMembers(choice, INNER_MEMBERS.toolChoice, 'tool_choice.', translation.left)
  const type = choice ? choice.get('type')?.text : 'auto'
  if (type === undefined || !CHOICES.includes(type)) {
    throw invalidMember('tool_choice.type', "Input should be 'auto', 'any', 'tool' or 'none'")
  }
  if (items.length === 0 && (type === 'any' || type === 'tool')) {
    throw invalidMember('tool_choice', 'it may only be specified while providing tools')
  }
  const isCallable = items.length > 0 && type !== 'none'
  if (!isCallable && usedTools.size === 0) return { fields: [] }
  const names = new Set(items.map((tool) => tool.get('name')?.text))
  const missing = [...usedTools].filter((name) => !names.has(name)).map(writeUsedTool)
  const tools = writeArray([...written, ...missing])
  if (!isCallable) return { toolConfig: writeObject([['tools', tools]]), instruction: NO_TOOLS, fields: [] }
  const toolChoice = writeChoice(type, choice)
  return {
    toolConfig: writeObject([['tools', tools], toolChoice === undefined ? undefined : ['toolChoice', toolChoice]]),
    fields: singleChoice(choice, translation),
  }
}

function convertTool(tool: JsonValue, path: string, translation: Translation): JsonText[] {
  const type = tool.get('type')?.text ?? 'custom'
  if (type !== 'custom') {
    throw invalidMember(
      `${path}.type`,
      `${type}: this model takes custom tools only. Anthropic's own tools need Claude`,
    )
  }
  checkMembers(tool, INNER_MEMBERS.tool, `${path}.`, translation.left)
  const schema = tool.get('input_schema')
  if (schema?.kind !== 'object') throw invalidMember(`${path}.input_schema`, 'Field required')
  const description = tool.get('description')
  const isStrict = tool.get('strict')?.kind === 'true'
  // Strict tools are a part of structured outputs.
  const hasStrict = isStrict && !translation.model.refuses.has('outputConfig')
  if (isStrict && !hasStrict) translation.left.add(`${path}.strict`)
  const spec = writeObject([
    ['name', requireText(tool, 'name', path).bytes],
    description?.text ? ['description', description.bytes] : undefined,
    ['inputSchema', writeObject([['json', schema.bytes]])],
    hasStrict ? ['strict', 'true'] : undefined,
  ])
  return [writeObject([['toolSpec', spec]]), ...cachePoint(tool, path, translation, true)]
}

/** Writes a tool that the conversation used but the request does not define. */
function writeUsedTool(name: string): JsonText {
  return `{"toolSpec":{"name":${JSON.stringify(name)},"inputSchema":{"json":{"type":"object"}}}}`
}

function writeChoice(type: string, choice: JsonValue | undefined): JsonText | undefined {
  if (type === 'auto') return undefined
  if (type === 'any' || !choice) return '{"any":{}}'
  return writeObject([['tool', writeObject([['name', requireText(choice, 'name', 'tool_choice').bytes]])]])
}

/** Converse has no member that forbids parallel tool calls. Claude's own is in `tool_choice`. */
function singleChoice(choice: JsonValue | undefined, { model, left }: Translation): ConvertedTools['fields'] {
  if (choice?.get('disable_parallel_tool_use')?.kind !== 'true') return []
  if (model.family === 'Claude') return [['tool_choice', choice.bytes]]
  if (model.family === 'chat completions') return [['parallel_tool_calls', 'false']]
  left.add('tool_choice.disable_parallel_tool_use')
  return []
}
