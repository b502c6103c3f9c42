import type { Turn } from '../conversation/types.ts'

/** How a prompt in one text marks who speaks. */
export interface PromptTemplate {
  /** Matches what begins a turn; the group `role` is looked up in `roles`. */
  readonly marker: RegExp
  readonly roles: Readonly<Record<string, Turn['role'] | 'system'>>
  /** Tokens of the template that are no text. */
  readonly special: RegExp
}

export interface SplitPrompt {
  readonly system: string
  readonly turns: readonly Turn[]
}

/** A prompt as system text and turns; one without any marker is a single user turn. Empty turns are left out. */
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
