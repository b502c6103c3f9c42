import type { JsonValue } from '../../json/json-document.ts'

/**
 * Finds the texts of a spoken turn: those of its messages, with inputs and results of tools, and of the system prompt. Inputs
 * and results are told to the model as JSON, so the names of their members are texts, too. Speech is not evaluated. Ids and
 * names of tools cannot hold a sentence.
 *
 * @param withSystem true if the guardrail evaluates the system prompt
 */
export function findSpokenTexts(root: JsonValue, withSystem: boolean): JsonValue[] {
  const system = withSystem ? root.getAll('system').flatMap(({ items }) => items) : []
  const content = root
    .getAll('messages')
    .flatMap(({ items }) => items)
    .flatMap((message) => message.getAll('content'))
    .flatMap(({ items }) => items)
  return [...system, ...content].flatMap(findBlockTexts)
}

function findBlockTexts(block: JsonValue): JsonValue[] {
  return block.members.flatMap(({ name, value }) => {
    if (name === 'audio') return []
    if (name === 'toolUse') return value.getAll('input').flatMap(findAllTexts)
    if (name === 'toolResult') return value.getAll('content').flatMap(({ items }) => items.flatMap(findBlockTexts))
    return findAllTexts(value)
  })
}

/** Finds the strings of a value at any depth, and the names of its members. */
function findAllTexts(value: JsonValue): JsonValue[] {
  if (value.text !== undefined) return value.text === '' ? [] : [value]
  const inner = [...value.items, ...value.members.map((member) => member.value)]
  return [...value.names.filter(({ text }) => text !== ''), ...inner.flatMap(findAllTexts)]
}
