import type { ModelCall } from '../../core/model-call.ts'

/** Headers of the answer with which the content stage says what it has done. */
export const REPLY_HEADERS = {
  /** Places in the request with what stands there now. */
  corrected: 'x-bedrock-functions-corrected',
  warning: 'x-bedrock-functions-warning',
  /** Behind what cache points were placed. */
  autoCache: 'x-bedrock-functions-auto-cache',
} as const

/** Headers have lines of some thousand characters at most, on the way to a client. */
const LONGEST_VALUE = 1_000

/** The call with one thing more to say in that header of its answer; all but printable ASCII escaped as in JSON. */
export function addReplyHeader(call: ModelCall, name: string, text: string): ModelCall {
  const ascii = text.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const earlier = call.replyHeaders[name]
  const value = (earlier === undefined ? ascii : `${earlier}; ${ascii}`).slice(0, LONGEST_VALUE)
  return { ...call, replyHeaders: { ...call.replyHeaders, [name]: value } }
}
