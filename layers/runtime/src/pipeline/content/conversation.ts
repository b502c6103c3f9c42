import { BedrockError } from '../../core/errors.ts'
import { isNull, itemsOf, type JsonNode, memberOf, textOf } from '../../json/json-tree.ts'

/** A body that is a JSON object, with its bytes. */
export interface JsonDocument {
  readonly bytes: Buffer
  readonly root: JsonNode
}

/** One item of a list of unions. */
export interface Block {
  /** The union's member: `text`, `image`, `cachePoint`, …; empty where there is none. */
  readonly name: string
  readonly value: JsonNode | undefined
  /** The whole item. */
  readonly node: JsonNode
  /** Such as `messages.0.content.1.image`, for messages about it. */
  readonly path: string
}

export interface Turn {
  readonly role: string
  readonly blocks: readonly Block[]
  /** The list of the blocks. */
  readonly content: JsonNode | undefined
  readonly path: string
}

/** What the checks look at in a Converse request. */
export interface Conversation extends JsonDocument {
  readonly turns: readonly Turn[]
  readonly system: readonly Block[]
  readonly tools: readonly Block[]
  readonly toolConfig: JsonNode | undefined
}

/** What has not Converse's form has no blocks: Bedrock says what is wrong with it. */
export function readConversation({ bytes, root }: JsonDocument): Conversation {
  const document = { bytes, root }
  const toolConfig = memberOf(bytes, root, 'toolConfig')
  const turns = itemsOf(memberOf(bytes, root, 'messages')).map((message, index): Turn => {
    const path = `messages.${index}`
    const content = memberOf(bytes, message, 'content')
    const role = textOf(bytes, memberOf(bytes, message, 'role'))
    return { role, content, path, blocks: readBlocks(document, content, `${path}.content`) }
  })
  return {
    ...document,
    turns,
    toolConfig,
    system: readBlocks(document, memberOf(bytes, root, 'system'), 'system'),
    tools: readBlocks(document, memberOf(bytes, toolConfig, 'tools'), 'toolConfig.tools'),
  }
}

export function readBlocks({ bytes }: JsonDocument, list: JsonNode | undefined, path: string): Block[] {
  return itemsOf(list).map((node, index) => {
    // Of several of one name the last; looked up one by one they would take the square of their number.
    const members = new Map(node.kind === 'object' ? node.members.map(({ name, value }) => [name, value]) : [])
    const [name, value] = [...members].find((member) => !isNull(bytes, member[1])) ?? ['', undefined]
    return { name, value, node, path: `${path}.${index}.${name}` }
  })
}

export function refuse(message: string): never {
  throw new BedrockError('ValidationException', message)
}
