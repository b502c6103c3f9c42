import { BedrockError } from '../../core/errors.ts'
import { isObject } from '../../json/json-members.ts'

/**
 * Blocks that a guardrail does not look at in any case. Source: Bedrock user guide, "Include a guardrail with the Converse
 * API": tool results, tool inputs and reasoning are not evaluated.
 */
const NEVER_LOOKED_AT = new Set(['toolUse', 'toolResult', 'reasoningContent', 'cachePoint'])

/**
 * Refuses a Converse document that takes content out of the guardrail's sight: as soon as there is one guardContent block
 * in its messages, Bedrock shows the guardrail no other.
 *
 * @throws BedrockError ValidationException that names the first such block
 */
export function requireWholeContent({ messages }: Record<string, unknown>): void {
  const blocks = listBlocks(messages)
  if (!blocks.some(({ block }) => Object.hasOwn(block, 'guardContent'))) return
  for (const { block, path } of blocks) {
    if (!Object.hasOwn(block, 'guardContent')) {
      if (Object.keys(block).every((kind) => NEVER_LOOKED_AT.has(kind))) continue
      throw hidden(`${path} is outside of guardContent`, 'Put all text and media into guardContent blocks, or none')
    }
    if (!isGuarded(block.guardContent)) {
      throw hidden(`${path}.guardContent is a source or query only`, 'Add guard_content to its qualifiers')
    }
  }
}

function listBlocks(messages: unknown): { block: Record<string, unknown>; path: string }[] {
  return asList(messages).flatMap((message, index) =>
    asList(isObject(message) ? message.content : undefined).flatMap((block, position) =>
      isObject(block) ? [{ block, path: `messages.${index}.content.${position}` }] : [],
    ),
  )
}

/** Text with the qualifiers of grounding alone is what an answer is measured by, and not looked at itself. */
function isGuarded(content: unknown): boolean {
  const text = isObject(content) ? content.text : undefined
  const qualifiers = asList(isObject(text) ? text.qualifiers : undefined)
  return qualifiers.length === 0 || qualifiers.includes('guard_content')
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function hidden(fact: string, remedy: string): BedrockError {
  return new BedrockError(
    'ValidationException',
    `${fact}, where this stack's guardrail would not look at it; it looks at all messages. ${remedy}.`,
  )
}
