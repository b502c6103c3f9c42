import type { JsonValue } from '../../json/json-document.ts'

/** Members of native bodies with a system prompt: `system` of Claude and Nova, `preamble` of Cohere. */
const SYSTEM_MEMBERS = ['system', 'preamble']
/** Members of native bodies with the turns of a conversation. Source: the providers' API references. */
const TURN_MEMBERS = ['messages', 'chat_history']
const SYSTEM_ROLES = new Set(['system', 'developer'])

/** Finds the texts of system prompts in a native body of any provider. */
export function findSystemTexts(root: JsonValue): JsonValue[] {
  const turns = TURN_MEMBERS.flatMap((name) => root.getAll(name)).flatMap((value) => value.items)
  const systemTurns = turns.filter((turn) =>
    turn.getAll('role').some(({ text }) => SYSTEM_ROLES.has(text?.toLowerCase() ?? '')),
  )
  return [
    ...SYSTEM_MEMBERS.flatMap((name) => root.getAll(name)),
    ...systemTurns.flatMap((turn) => [...turn.getAll('content'), ...turn.getAll('message')]),
  ].flatMap(findTexts)
}

function findTexts(value: JsonValue): JsonValue[] {
  if (value.text !== undefined) return value.text === '' ? [] : [value]
  return value.items.flatMap((item) => [item, ...item.getAll('text')]).filter(({ text }) => (text ?? '') !== '')
}
