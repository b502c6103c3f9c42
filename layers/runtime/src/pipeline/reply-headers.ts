/** Headers that the suite adds to answers. */
export const REPLY_HEADERS = {
  /** Id of the called model, if it differs from the caller's name. */
  model: 'x-bedrock-functions-model',
  warning: 'x-bedrock-functions-warning',
  /** Paths of corrected members in the request, each with its new value. */
  corrected: 'x-bedrock-functions-corrected',
  /** Paths after which cache points were added. */
  autoCache: 'x-bedrock-functions-auto-cache',
  /** Guardrail of the stack, as `id:version`. */
  guardrail: 'x-bedrock-functions-guardrail',
} as const

/** Limit of a value, since proxies and clients limit header lines to some thousand characters. */
const MAX_VALUE_LENGTH = 1_000

/**
 * Adds headers to those of an answer. A second value of a name follows the first, after a semicolon. Characters other than
 * printable ASCII are escaped as in JSON.
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
