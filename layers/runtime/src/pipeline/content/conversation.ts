import { BedrockError } from '../../core/errors.ts'
import type { JsonValue } from '../../json/json-document.ts'

/** Item of a list of unions. */
export interface Block {
  /** Member of the union: `text`, `image`, `cachePoint`, …; empty: there is none. */
  readonly name: string
  readonly value: JsonValue | undefined
  /** The whole item. */
  readonly item: JsonValue
  /** Path for error messages, such as `messages.0.content.1.image`. */
  readonly path: string
}

export interface Turn {
  readonly role: string
  readonly blocks: readonly Block[]
  /** List of the blocks. */
  readonly content: JsonValue | undefined
  readonly path: string
}

/** Checked parts of a Converse request. */
export interface Conversation {
  readonly root: JsonValue
  readonly turns: readonly Turn[]
  readonly system: readonly Block[]
  readonly tools: readonly Block[]
  readonly toolConfig: JsonValue | undefined
}

/** Reads a conversation. A malformed part has no blocks, because Bedrock refuses it. */
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
    // The last member of a name counts. One lookup per member would take quadratic time.
    const members = new Map(item.members.map(({ name, value }) => [name, value]))
    const [name, value] = [...members].find((member) => member[1].kind !== 'null') ?? ['', undefined]
    return { name, value, item, path: `${path}.${index}.${name}` }
  })
}

export function refuse(message: string): never {
  throw new BedrockError('ValidationException', message)
}
