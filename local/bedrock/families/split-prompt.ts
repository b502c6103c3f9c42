import type { Turn } from '../conversation/types.ts'

/** Role markers of a prompt in one text. */
export interface PromptTemplate {
  /** Matches the start of a turn; `roles` maps its group `role`. */
  readonly marker: RegExp
  readonly roles: Readonly<Record<string, Turn['role'] | 'system'>>
  /** Template tokens to remove from the text. */
  readonly special: RegExp
}

export interface SplitPrompt {
  readonly system: string
  readonly turns: readonly Turn[]
}

/** Splits a prompt into system text and turns. A prompt without markers is one user turn. Empty turns are dropped. */
export function splitPrompt(prompt: string, { marker, roles, special }: PromptTemplate): SplitPrompt {
  const markers = [...prompt.matchAll(marker)]
  const clean = (text: string): string => text.replaceAll(special, '').trim()
  const preamble = clean(prompt.slice(0, markers[0]?.index))
  if (markers.length === 0) return { system: '', turns: toTurns([{ role: 'user', text: preamble }]) }
  const parts = markers.map((match, index) => ({
    role: roles[match.groups?.role ?? ''] ?? 'user',
    text: clean(prompt.slice(match.index + match[0].length, markers[index + 1]?.index)),
  }))
  const systems = parts.filter(({ role }) => role === 'system').map(({ text }) => text)
  return { system: [preamble, ...systems].filter((text) => text !== '').join('\n\n'), turns: toTurns(parts) }
}

function toTurns(parts: readonly { role: Turn['role'] | 'system'; text: string }[]): Turn[] {
  return parts.flatMap(({ role, text }) =>
    role === 'system' || text === '' ? [] : [{ role, blocks: [{ kind: 'text', text }], path: ['prompt'] }],
  )
}
