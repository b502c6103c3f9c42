import type { Turn } from './types.ts'

/** Joins consecutive turns of one role, as models read them. A joined turn has the path of its first. */
export function joinTurns(turns: readonly Turn[]): Turn[] {
  const joined: Turn[] = []
  for (const turn of turns) {
    const last = joined.at(-1)
    if (last?.role === turn.role) joined.splice(-1, 1, { ...last, blocks: [...last.blocks, ...turn.blocks] })
    else joined.push(turn)
  }
  return joined
}
