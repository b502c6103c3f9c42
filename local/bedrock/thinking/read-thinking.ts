import type { Thinking, Turn } from '../conversation/types.ts'
import { isPresent, type JsonObject, type JsonValue } from '../shapes/json.ts'
import { omitUndefined, readNumber, readObject, readString, readStrings } from '../shapes/read-json.ts'

/** Value of `anthropic_beta` that lets Claude think between two tool uses. */
const INTERLEAVED = 'interleaved-thinking-2025-05-14'

/** Reads the member that turns thinking on, and what concerns it in the members of Claude's body. */
export function readThinking(value: JsonValue | undefined, body: JsonObject = {}): { thinking?: Thinking } {
  if (!isPresent(value)) return {}
  const member = readObject(value)
  const thinking = {
    kind: readString(member?.type) ?? '',
    member: value,
    ...omitUndefined({
      budget: readNumber(member?.budget_tokens),
      display: readString(member?.display),
      effort: readString(readObject(body.output_config)?.effort),
    }),
    isInterleaved: readStrings(body.anthropic_beta).includes(INTERLEAVED),
  }
  return { thinking }
}

/** Tests whether the answer begins with reasoning. `between_tools` reasons only after a tool. */
export function isReasoning(thinking: Thinking | undefined, turns: readonly Turn[]): boolean {
  const afterTool = turns.at(-1)?.blocks.some(({ kind }) => kind === 'toolResult') ?? false
  return thinking?.kind === 'between_tools' ? afterTool : ['enabled', 'adaptive'].includes(thinking?.kind ?? '')
}
