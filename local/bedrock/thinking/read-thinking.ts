import type { Thinking, Turn } from '../conversation/types.ts'
import type { JsonObject, JsonValue } from '../shapes/json.ts'
import { omitUndefined, readNumber, readString, readStrings } from '../shapes/read-json.ts'

/** Value of `anthropic_beta` that lets Claude think between two tool uses. */
const INTERLEAVED = 'interleaved-thinking-2025-05-14'

/** Reads the member that turns thinking on. */
export function readThinking(member: JsonObject | undefined, betas: JsonValue | undefined): { thinking?: Thinking } {
  const kind = readString(member?.type)
  if (kind === undefined) return {}
  const thinking = {
    kind,
    ...omitUndefined({ budget: readNumber(member?.budget_tokens), display: readString(member?.display) }),
    isInterleaved: readStrings(betas).includes(INTERLEAVED),
  }
  return { thinking }
}

/** Tests whether the answer begins with reasoning. `between_tools` reasons only after a tool. */
export function isReasoning(thinking: Thinking | undefined, turns: readonly Turn[]): boolean {
  const afterTool = turns.at(-1)?.blocks.some(({ kind }) => kind === 'toolResult') ?? false
  return thinking?.kind === 'between_tools' ? afterTool : ['enabled', 'adaptive'].includes(thinking?.kind ?? '')
}
