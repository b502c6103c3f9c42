import type { BedrockErrorType } from '../core/errors.ts'
import type { ModelOperation } from '../core/model-call.ts'

/**
 * An operation of Bedrock Runtime as it travels over REST.
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
  /** Where it carries request metadata: in a header, or in a member of its document. Others have none. */
  readonly metadata?: 'header' | 'body'
}

/** Members of InvokeModel and its streaming sibling that travel as headers. */
const INVOKE_MODEL_HEADERS = {
  contentType: 'content-type',
  guardrailIdentifier: 'x-amzn-bedrock-guardrailidentifier',
  guardrailVersion: 'x-amzn-bedrock-guardrailversion',
  performanceConfigLatency: 'x-amzn-bedrock-performanceconfig-latency',
  projectIdentifier: 'x-amzn-bedrock-projectidentifier',
  requestMetadata: 'x-amzn-bedrock-request-metadata',
  serviceTier: 'x-amzn-bedrock-service-tier',
  trace: 'x-amzn-bedrock-trace',
} as const

/** Operations whose answer comes whole. */
export const OPERATIONS = {
  ApplyGuardrail: { method: 'POST', path: '/guardrail/{guardrailIdentifier}/version/{guardrailVersion}/apply' },
  Converse: { method: 'POST', path: '/model/{modelId}/converse', metadata: 'body' },
  CountTokens: { method: 'POST', path: '/model/{modelId}/count-tokens' },
  InvokeGuardrailChecks: { method: 'POST', path: '/guardrail-checks/invoke' },
  InvokeModel: {
    method: 'POST',
    path: '/model/{modelId}/invoke',
    headerMembers: { ...INVOKE_MODEL_HEADERS, accept: 'accept' },
    metadata: 'header',
  },
} as const satisfies Record<string, Operation>

export type OperationName = keyof typeof OPERATIONS

/** An operation whose answer is an event stream. */
export interface StreamOperation extends Operation {
  /** Exceptions that the stream's union has, the only ones that every SDK knows inside it. */
  readonly streamErrors: readonly BedrockErrorType[]
}

const STREAM_ERRORS = [
  'InternalServerException',
  'ModelStreamErrorException',
  'ServiceUnavailableException',
  'ThrottlingException',
  'ValidationException',
] as const

export const STREAM_OPERATIONS = {
  ConverseStream: {
    method: 'POST',
    path: '/model/{modelId}/converse-stream',
    streamErrors: STREAM_ERRORS,
    metadata: 'body',
  },
  InvokeModelWithResponseStream: {
    method: 'POST',
    path: '/model/{modelId}/invoke-with-response-stream',
    // `accept` is the answer's media type itself; the model's goes by a header of its own.
    headerMembers: { ...INVOKE_MODEL_HEADERS, accept: 'x-amzn-bedrock-accept' },
    streamErrors: [...STREAM_ERRORS, 'ModelTimeoutException'],
    metadata: 'header',
  },
} as const satisfies Record<string, StreamOperation>

export type StreamOperationName = keyof typeof STREAM_OPERATIONS

/** The operations that call a model. */
export const MODEL_OPERATIONS = {
  Converse: OPERATIONS.Converse,
  InvokeModel: OPERATIONS.InvokeModel,
  ...STREAM_OPERATIONS,
} as const satisfies Record<ModelOperation, Operation>

/** Bedrock's own headers, in both directions, by prefix; `content-type` and `accept` beside them. */
export const BEDROCK_HEADER_PREFIX = 'x-amzn-bedrock-'
