import type { JsonValue } from '../../json/json-document.ts'
import { type JsonText, writeObject } from '../../json/write-json.ts'
import { invalidRequest } from '../openai/errors.ts'
import { checkMembers } from '../openai/request-members.ts'
import { requireString, type Translation } from '../openai-chat/convert-content.ts'
import { addBlocks, readArguments, type Turn, writeToolResult, writeToolUse } from '../openai-chat/convert-messages.ts'
import { convertParts } from './convert-parts.ts'
import { type ToolList, toToolName, writeToolNames } from './convert-tools.ts'
import { ITEM_MEMBERS } from './members.ts'
import type { Sealer } from './seal-reasoning.ts'

/** What a translation needs beside the request. */
export interface InputContext {
  /** Opens sealed reasoning; undefined: the stack has no secret. */
  readonly sealer: Sealer | undefined
  /** Items of earlier responses, which come before the input. */
  readonly history: readonly JsonValue[]
  /** Items by their ids, which the input may name. */
  readonly references: ReadonlyMap<string, JsonValue>
}

/** Input of a request as parts of a Converse request. */
export interface ConvertedInput {
  readonly system: readonly JsonText[]
  readonly turns: readonly Turn[]
  /** Names in Converse of the tools that the conversation has used. */
  readonly usedTools: ReadonlySet<string>
  /** Tools that items of the input add. */
  readonly addedTools: readonly ToolList[]
  /** True if the last answer with tool calls came back without its thinking, and results of the tools follow. */
  readonly lacksThinking: boolean
}

/** Converts the input: instructions into `system`, all other items into turns. */
export function convertInput(
  input: JsonValue | undefined,
  context: InputContext,
  translation: Translation,
): ConvertedInput {
  const converter = new InputConverter(context, translation)
  for (const [index, item] of context.history.entries()) converter.add(item, `previous_response.input[${index}]`)
  if (input?.kind === 'string') converter.addUserText(input)
  else if (input?.kind === 'array') {
    for (const [index, item] of input.items.entries()) converter.add(item, `input[${index}]`)
  } else if (input) throw invalidRequest('input', 'input must be a string or an array of items.', 'invalid_type')
  return converter
}

class InputConverter implements ConvertedInput {
  readonly system: JsonText[] = []
  readonly turns: Turn[] = []
  readonly usedTools = new Set<string>()
  readonly addedTools: ToolList[] = []
  lacksThinking = false
  /** True if reasoning came since the last turn of the user. */
  #hasThinking = false
  readonly #context: InputContext
  readonly #translation: Translation

  constructor(context: InputContext, translation: Translation) {
    this.#context = context
    this.#translation = translation
  }

  addUserText(text: JsonValue): void {
    this.#addUser(convertParts(text, 'user', 'input', this.#translation), 'input')
  }

  add(item: JsonValue, path: string): void {
    if (item.kind !== 'object') throw invalidRequest(path, `${path} must be an object.`, 'invalid_type')
    // Items with only an id are references, those without a type are messages.
    const type = item.get('type')?.text ?? (item.get('role') ? 'message' : 'item_reference')
    const members = Object.hasOwn(ITEM_MEMBERS, type) ? ITEM_MEMBERS[type] : undefined
    if (!members) {
      throw invalidRequest(
        `${path}.type`,
        `Unsupported item: '${type}'. ${path}.type must be ${Object.keys(ITEM_MEMBERS).join(', ')}.`,
        'unsupported_value',
      )
    }
    checkMembers(item, members, path, this.#translation.left)
    if (type === 'message') this.#addMessage(item, path)
    else if (type === 'reasoning') this.#addReasoning(item, path)
    else if (type === 'item_reference') this.#addReferenced(item, path)
    else if (type === 'additional_tools') this.addedTools.push({ tools: item.get('tools'), path: `${path}.tools` })
    else if (type.endsWith('_output')) this.#addOutput(item, type, path)
    else this.#addCall(item, type, path)
  }

  #addMessage(item: JsonValue, path: string): void {
    const role = item.get('role')?.text ?? ''
    const place = ROLES.get(role)
    if (!place) {
      throw invalidRequest(`${path}.role`, `${path}.role must be ${[...ROLES.keys()].join(', ')}.`, 'invalid_value')
    }
    const blocks = convertParts(item.get('content'), place, `${path}.content`, this.#translation)
    if (place === 'system') this.system.push(...blocks)
    else if (place === 'user') this.#addUser(blocks, `${path}.content`)
    else addBlocks(this.turns, 'assistant', blocks)
  }

  #addUser(blocks: readonly JsonText[], path: string): void {
    if (blocks.length === 0) throw invalidRequest(path, `${path} must not be empty.`, 'invalid_value')
    this.lacksThinking = false
    this.#hasThinking = false
    addBlocks(this.turns, 'user', blocks)
  }

  /** Adds reasoning as the model wrote it. A model of another family cannot read it, and gets none. */
  #addReasoning(item: JsonValue, path: string): void {
    const sealed = item.get('encrypted_content')?.text
    if (!sealed) return
    const param = `${path}.encrypted_content`
    const { sealer } = this.#context
    if (!sealer) {
      throw invalidRequest(
        param,
        `${param} cannot be read: this stack seals no reasoning.`,
        'invalid_encrypted_content',
      )
    }
    const { family, block } = sealer.open(sealed, param)
    if (family !== this.#translation.model.family) {
      this.#translation.left.add(param)
      return
    }
    this.#hasThinking = true
    addBlocks(this.turns, 'assistant', [block])
  }

  #addReferenced(item: JsonValue, path: string): void {
    const id = requireString(item, 'id', path).text ?? ''
    const found = this.#context.references.get(id)
    if (!found) throw invalidRequest(`${path}.id`, `Item with id '${id}' not found.`, 'item_not_found')
    this.add(found, path)
  }

  #addCall(item: JsonValue, type: string, path: string): void {
    const { name, input } = readCall(item, type, path)
    this.usedTools.add(name)
    this.lacksThinking = !this.#hasThinking
    addBlocks(this.turns, 'assistant', [writeToolUse(readCallId(item, type, path), JSON.stringify(name), input)])
  }

  #addOutput(item: JsonValue, type: string, path: string): void {
    const output = item.get('output')
    const id = readCallId(item, type, path)
    if (type === 'tool_search_output') {
      const tools = item.get('tools')
      this.addedTools.push({ tools, path: `${path}.tools` })
      addBlocks(this.turns, 'user', [writeToolResult(id, [writeToolNames(tools)])])
    } else if (type === 'shell_call_output') {
      const json = writeObject([['output', output?.bytes ?? '[]']])
      addBlocks(this.turns, 'user', [writeToolResult(id, [writeObject([['json', json]])])])
    } else {
      const isFailed = type === 'apply_patch_call_output' && item.get('status')?.text === 'failed'
      const isEmpty = type === 'apply_patch_call_output' && !output
      const blocks = isEmpty ? [] : convertParts(output, 'output', `${path}.output`, this.#translation)
      addBlocks(this.turns, 'user', [writeToolResult(id, blocks, isFailed)])
    }
  }
}

const ROLES: ReadonlyMap<string, 'system' | 'user' | 'assistant'> = new Map([
  ['user', 'user'],
  ['assistant', 'assistant'],
  ['system', 'system'],
  ['developer', 'system'],
])

/** Reads the id of a call. The output of a local shell has it as its own id. */
function readCallId(item: JsonValue, type: string, path: string): JsonValue {
  const isOwn = type === 'local_shell_call_output' && !item.get('call_id')
  return requireString(item, isOwn ? 'id' : 'call_id', path)
}

interface Call {
  readonly name: string
  readonly input: JsonText
}

function readCall(item: JsonValue, type: string, path: string): Call {
  switch (type) {
    case 'function_call':
      return { name: readName(item, path), input: readArguments(item, path) }
    case 'custom_tool_call':
      return { name: readName(item, path), input: writeObject([['input', requireString(item, 'input', path).bytes]]) }
    case 'apply_patch_call':
      return { name: 'apply_patch', input: requireObject(item, 'operation', path).bytes }
    case 'tool_search_call':
      return { name: 'tool_search', input: requireObject(item, 'arguments', path).bytes }
    default:
      return { name: type.replace(/_call$/, ''), input: writeAction(requireObject(item, 'action', path)) }
  }
}

function readName(item: JsonValue, path: string): string {
  return toToolName(requireString(item, 'name', path).text ?? '', item.get('namespace')?.text)
}

/** Writes the action of a shell as the input of its tool, which has no type. */
function writeAction(action: JsonValue): JsonText {
  const members = action.members.filter(({ name, value }) => name !== 'type' && value.kind !== 'null')
  return writeObject(members.map(({ name, value }) => [name, value.bytes]))
}

function requireObject(item: JsonValue, name: string, path: string): JsonValue {
  const value = item.get(name)
  if (value?.kind === 'object') return value
  throw invalidRequest(`${path}.${name}`, `${path}.${name} must be an object.`, 'invalid_type')
}
