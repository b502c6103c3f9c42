/** Headers of an answer in which the suite says what it has done. */
export const REPLY_HEADERS = {
  /** The model that was called, where it is not the id that the caller named. */
  model: 'x-bedrock-functions-model',
  warning: 'x-bedrock-functions-warning',
  /** Paths in the request, each with its new value. */
  corrected: 'x-bedrock-functions-corrected',
  /** Paths behind which cache points were placed. */
  autoCache: 'x-bedrock-functions-auto-cache',
  /** The guardrail of the stack, as `id:version`. */
  guardrail: 'x-bedrock-functions-guardrail',
} as const

/** Proxies and clients take header lines of some thousand characters. */
const MAX_VALUE_LENGTH = 1_000

/**
 * Adds headers to those of an answer. A second value of one name stands behind the first, separated by a semicolon. All but
 * printable ASCII is escaped as in JSON.
 */
export function mergeReplyHeaders(
  earlier: Readonly<Record<string, string>>,
  added: Readonly<Record<string, string>>,
): Record<string, string> {
  const merged = { ...earlier }
  for (const [name, text] of Object.entries(added)) {
    const ascii = text.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    const before = merged[name]
    merged[name] = (before === undefined ? ascii : `${before}; ${ascii}`).slice(0, MAX_VALUE_LENGTH)
  }
  return merged
}
