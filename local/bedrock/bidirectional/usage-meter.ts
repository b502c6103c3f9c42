import type { Usage } from '../operations/operation.ts'
import type { JsonObject } from '../shapes/json.ts'

export interface Tokens {
  readonly speechTokens?: number
  readonly textTokens?: number
}

/** Audio of one speech token. AWS does not document the number; totals are approximate as all token counts here. */
const SPEECH_TOKEN_MS = 80

export function countSpeechTokens(durationMs: number): number {
  return Math.ceil(durationMs / SPEECH_TOKEN_MS)
}

interface Counted {
  readonly speechTokens: number
  readonly textTokens: number
}

/** Counts the tokens of a session. */
export class UsageMeter {
  #input: Counted = { speechTokens: 0, textTokens: 0 }
  #output: Counted = { speechTokens: 0, textTokens: 0 }

  /** Adds tokens and returns the members of the usageEvent that reports them. */
  add(input: Tokens, output: Tokens): JsonObject {
    this.#input = sum(this.#input, input)
    this.#output = sum(this.#output, output)
    const { inputTokens, outputTokens } = this.usage()
    const delta = { input: sum(NONE, input), output: sum(NONE, output) }
    return {
      details: { delta: toJson(delta), total: toJson({ input: this.#input, output: this.#output }) },
      totalInputTokens: inputTokens,
      totalOutputTokens: outputTokens,
      totalTokens: inputTokens + outputTokens,
    }
  }

  usage(): Required<Usage> {
    return { inputTokens: total(this.#input), outputTokens: total(this.#output) }
  }
}

const NONE: Counted = { speechTokens: 0, textTokens: 0 }

function sum(counted: Counted, { speechTokens = 0, textTokens = 0 }: Tokens): Counted {
  return { speechTokens: counted.speechTokens + speechTokens, textTokens: counted.textTokens + textTokens }
}

function total({ speechTokens, textTokens }: Counted): number {
  return speechTokens + textTokens
}

function toJson({ input, output }: { readonly input: Counted; readonly output: Counted }): JsonObject {
  return { input: { ...input }, output: { ...output } }
}
