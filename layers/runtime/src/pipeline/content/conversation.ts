import { BedrockError } from '../../core/errors.ts'
import type { JsonValue } from '../../json/json-document.ts'

/** One item of a list of unions. */
export interface Block {
  /** The union's member: `text`, `image`, `cachePoint`, …; empty where there is none. */
  readonly name: string
  readonly value: JsonValue | undefined
  /** The whole item. */
  readonly item: JsonValue
  /** Such as `messages.0.content.1.image`, for messages about it. */
  readonly path: string
}

export interface Turn {
  readonly role: string
  readonly blocks: readonly Block[]
  /** The list of the blocks. */
  readonly content: JsonValue | undefined
  readonly path: string
}

/** The parts of a Converse request that are checked. */
export interface Conversation {
  readonly root: JsonValue
  readonly turns: readonly Turn[]
  readonly system: readonly Block[]
  readonly tools: readonly Block[]
  readonly toolConfig: JsonValue | undefined
}

/** A part that does not have Converse's form has no blocks: Bedrock says what is wrong with it. */
export function readConversation(root: JsonValue): Conversation {
  const toolConfig = root.get('toolConfig')
  const turns = (root.get('messages')?.items ?? []).map((message, index): Turn => {
    const path = `messages.${index}`
    const content = message.get('content')
    const role = message.get('role')?.text ?? ''
    return { role, content, path, blocks: readBlocks(content, `${path}.content`) }
  })
  return {
    root,
    turns,
    toolConfig,
    system: readBlocks(root.get('system'), 'system'),
    tools: readBlocks(toolConfig?.get('tools'), 'toolConfig.tools'),
  }
}

export function readBlocks(list: JsonValue | undefined, path: string): Block[] {
  return (list?.items ?? []).map((item, index) => {
    // Of several of one name the last; looked up one by one they would take the square of their number.
    const members = new Map(item.members.map(({ name, value }) => [name, value]))
    const [name, value] = [...members].find((member) => member[1].kind !== 'null') ?? ['', undefined]
    return { name, value, item, path: `${path}.${index}.${name}` }
  })
}

export function refuse(message: string): never {
  throw new BedrockError('ValidationException', message)
}
