import type { JsonValue } from '../../json/json-document.ts'

/** Members that hold no text: ids, names and the speech itself, which a guardrail cannot evaluate. */
const OTHER_MEMBERS = new Set(['audio', 'toolUseId', 'name', 'status', 'role'])

/**
 * Finds the texts of a spoken turn: those of its messages, with inputs and results of tools, and of the system prompt.
 *
 * @param withSystem true if the guardrail evaluates the system prompt
 */
export function findSpokenTexts(root: JsonValue, withSystem: boolean): JsonValue[] {
  return [...(withSystem ? root.getAll('system') : []), ...root.getAll('messages')].flatMap(findTexts)
}

function findTexts(value: JsonValue): JsonValue[] {
  if (value.text !== undefined) return value.text === '' ? [] : [value]
  const members = value.members.filter(({ name }) => !OTHER_MEMBERS.has(name)).map((member) => member.value)
  return [...value.items, ...members].flatMap(findTexts)
}
