/** One call of a function, whatever kind of event it came in; the only form that is known behind the event reader. */
export interface FunctionRequest {
  readonly method: string
  /** Path segments, each percent-decoded once; an ARN is one segment with slashes in it. */
  readonly segments: readonly string[]
  /** Decoded; the last value of a repeated one. */
  readonly query: Readonly<Record<string, string>>
  /** Lower-case names; values of a repeated header joined by a comma. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** What stands between caller and function: it decides on limits and on the form of the answer. */
  readonly source: 'rest-api' | 'function-url' | 'direct'
  /** Who calls, as AWS verified it; undefined where nobody was authenticated. */
  readonly caller: string | undefined
  /** API Gateway's or the function URL's id of the request, to find it in their logs. */
  readonly gatewayRequestId?: string
}
