/**
 * Bedrock Runtime's unary operations as they travel over REST.
 * Source: the service model of bedrock-runtime 2023-09-30.
 */
export interface Operation {
  readonly method: 'GET' | 'POST'
  /** Path with its labels in braces; a label is one percent-encoded segment. */
  readonly path: string
  /**
   * Members that travel as headers. Where there are some, the body is the member `body` as it is; elsewhere the body is
   * a JSON document of all members that are not in the path.
   */
  readonly headerMembers?: Readonly<Record<string, string>>
}

export const OPERATIONS = {
  ApplyGuardrail: { method: 'POST', path: '/guardrail/{guardrailIdentifier}/version/{guardrailVersion}/apply' },
  Converse: { method: 'POST', path: '/model/{modelId}/converse' },
  CountTokens: { method: 'POST', path: '/model/{modelId}/count-tokens' },
  InvokeModel: {
    method: 'POST',
    path: '/model/{modelId}/invoke',
    headerMembers: {
      accept: 'accept',
      contentType: 'content-type',
      guardrailIdentifier: 'x-amzn-bedrock-guardrailidentifier',
      guardrailVersion: 'x-amzn-bedrock-guardrailversion',
      performanceConfigLatency: 'x-amzn-bedrock-performanceconfig-latency',
      requestMetadata: 'x-amzn-bedrock-request-metadata',
      serviceTier: 'x-amzn-bedrock-service-tier',
      trace: 'x-amzn-bedrock-trace',
    },
  },
} as const satisfies Record<string, Operation>

export type OperationName = keyof typeof OPERATIONS

/** Bedrock's own headers, in both directions, by prefix; `content-type` and `accept` beside them. */
export const BEDROCK_HEADER_PREFIX = 'x-amzn-bedrock-'
