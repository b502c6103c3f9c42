import { createHash } from 'node:crypto'
import { type JsonValue, readJsonIfAny } from '../../json/json-document.ts'
import { type JsonText, writeArray, writeObject } from '../../json/write-json.ts'
import { invalidRequest } from '../openai/errors.ts'
import { checkMembers } from '../openai/request-members.ts'
import { convertContent, convertText, requireString, type Translation } from './convert-content.ts'
import { requireFunctionType } from './convert-tools.ts'
import { INNER_MEMBERS, MESSAGE_MEMBERS } from './members.ts'

export interface Turn {
  readonly role: 'user' | 'assistant'
  readonly blocks: JsonText[]
}

/** Messages of a request as parts of a Converse request. */
export interface ConvertedMessages {
  readonly system: JsonText[]
  readonly turns: readonly Turn[]
  /** Names of the tools that the conversation has used. */
  readonly usedTools: ReadonlySet<string>
  /** True if the last answer with tool calls came back without its thinking, and results of the tools follow. */
  readonly lacksThinking: boolean
}

/**
 * Converts messages: instructions into `system`, all others into turns. Consecutive messages of one role become one turn, as
 * Converse wants it: results of tools, which are messages of their own in OpenAI's API, and a user message behind them.
 */
export function convertMessages(messages: JsonValue, translation: Translation): ConvertedMessages {
  const system: JsonText[] = []
  const turns: Turn[] = []
  const usedTools = new Set<string>()
  let lacksThinking = false

  const add = (role: Turn['role'], blocks: readonly JsonText[]) => addBlocks(turns, role, blocks)

  for (const [index, message] of messages.items.entries()) {
    const path = `messages[${index}]`
    const role = readRole(message, path)
    checkMembers(message, MESSAGE_MEMBERS[role] ?? {}, path, translation.left)
    const content = convertContent(message.get('content'), role, `${path}.content`, translation)
    if (role === 'system' || role === 'developer') system.push(...content)
    else if (role === 'tool') add('user', [writeToolResult(requireString(message, 'tool_call_id', path), content)])
    else if (role === 'user') {
      if (content.length === 0)
        throw invalidRequest(`${path}.content`, `${path}.content must not be empty.`, 'invalid_value')
      lacksThinking = false
      add('user', content)
    } else {
      const thinking = convertThinking(findThinking(message), `${path}.thinking_blocks`)
      const refusal = message.get('refusal')
      const uses = (message.get('tool_calls')?.items ?? []).map((call, position) =>
        convertToolCall(call, `${path}.tool_calls[${position}]`, usedTools, translation),
      )
      if (uses.length > 0) lacksThinking = thinking.length === 0
      add('assistant', [...thinking, ...content, ...(refusal?.kind === 'string' ? convertText(refusal) : []), ...uses])
    }
  }
  return { system, turns, usedTools, lacksThinking }
}

/** Adds blocks to the last turn if it has the same role, otherwise as a new turn. */
export function addBlocks(turns: Turn[], role: Turn['role'], blocks: readonly JsonText[]): void {
  const last = turns.at(-1)
  if (last?.role === role) last.blocks.push(...blocks)
  else if (blocks.length > 0) turns.push({ role, blocks: [...blocks] })
}

export function writeTurns(turns: readonly Turn[]): JsonText {
  return writeArray(
    turns.map(({ role, blocks }) =>
      writeObject([
        ['role', `"${role}"`],
        ['content', writeArray(blocks)],
      ]),
    ),
  )
}

function readRole(message: JsonValue, path: string): string {
  const role = message.get('role')?.text ?? ''
  if (Object.hasOwn(MESSAGE_MEMBERS, role)) return role
  const advice = role === 'function' ? ' Use tool_calls and the role tool.' : ''
  throw invalidRequest(
    `${path}.role`,
    `${path}.role must be ${Object.keys(MESSAGE_MEMBERS).join(', ')}.${advice}`,
    'invalid_value',
  )
}

export function writeToolResult(id: JsonValue, content: readonly JsonText[], isFailed = false): JsonText {
  return writeObject([
    [
      'toolResult',
      writeObject([
        ['toolUseId', writeToolUseId(id)],
        ['content', writeArray(content)],
        isFailed ? ['status', '"error"'] : undefined,
      ]),
    ],
  ])
}

/** Converts a tool call. The JSON text of its arguments becomes its input byte by byte. */
function convertToolCall(call: JsonValue, path: string, usedTools: Set<string>, { left }: Translation): JsonText {
  checkMembers(call, INNER_MEMBERS.toolCall, path, left)
  requireFunctionType(call, path)
  const called = call.get('function')
  const functionPath = `${path}.function`
  if (called?.kind !== 'object')
    throw invalidRequest(functionPath, `${functionPath} must be an object.`, 'invalid_type')
  checkMembers(called, INNER_MEMBERS.calledFunction, functionPath, left)
  const name = requireString(called, 'name', functionPath)
  usedTools.add(name.text ?? '')
  return writeToolUse(requireString(call, 'id', path), name.bytes, readArguments(called, functionPath))
}

export function writeToolUse(id: JsonValue, name: JsonText, input: JsonText): JsonText {
  return writeObject([
    [
      'toolUse',
      writeObject([
        ['toolUseId', writeToolUseId(id)],
        ['name', name],
        ['input', input],
      ]),
    ],
  ])
}

/** Form of ids in Converse. Source: the service model of bedrock-runtime, ToolUseBlock. */
const TOOL_USE_ID = /^[a-zA-Z0-9_.:-]{1,64}$/

/** Writes the id of a tool call. An id of another form, which another provider made, becomes its hash. */
function writeToolUseId(id: JsonValue): JsonText {
  const text = id.text ?? ''
  if (TOOL_USE_ID.test(text)) return id.bytes
  return JSON.stringify(`call_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`)
}

/** Reads `arguments`, the JSON text of an object, whose bytes stay the same. */
export function readArguments(called: JsonValue, path: string): JsonText {
  const text = called.get('arguments')?.text ?? ''
  if (text.trim() === '') return '{}'
  const input = readJsonIfAny(Buffer.from(text), `${path}.arguments`)?.root
  if (input?.kind === 'object') return input.bytes
  throw invalidRequest(`${path}.arguments`, `${path}.arguments must be the JSON text of an object.`, 'invalid_value')
}

function findThinking(message: JsonValue): JsonValue | undefined {
  const [inPart] = message.get('content')?.items.flatMap((part) => part.get('thinking_blocks') ?? []) ?? []
  return message.get('thinking_blocks') ?? inPart
}

/** Converts the thinking of an answer that came back. Claude accepts it only with its signature. */
function convertThinking(blocks: JsonValue | undefined, path: string): JsonText[] {
  return (blocks?.items ?? []).map((block, index) => {
    const blockPath = `${path}[${index}]`
    const type = block.get('type')?.text
    if (type === 'redacted_thinking') {
      const { bytes } = requireString(block, 'data', blockPath)
      return writeObject([['reasoningContent', writeObject([['redactedContent', bytes]])]])
    }
    if (type !== 'thinking') {
      throw invalidRequest(
        `${blockPath}.type`,
        `${blockPath}.type must be thinking or redacted_thinking.`,
        'invalid_value',
      )
    }
    const signature = block.get('signature')
    const text = requireString(block, 'thinking', blockPath).bytes
    const reasoning = writeObject([['text', text], signature && ['signature', signature.bytes]])
    return writeObject([['reasoningContent', writeObject([['reasoningText', reasoning]])]])
  })
}
