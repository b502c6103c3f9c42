import type { BedrockErrorType } from '../core/errors.ts'
import type { DoorOperation, ModelOperation } from '../core/model-call.ts'

/**
 * REST binding of an operation of Bedrock Runtime.
 * Source: the service model of bedrock-runtime 2023-09-30.
 */
export interface Operation {
  readonly method: 'GET' | 'POST'
  /** Path with labels in braces. A label is one percent-encoded segment. */
  readonly path: string
  /**
   * Members that are headers. An operation with such members has the member `body` as its HTTP body. Others have a JSON
   * document of all members that are not in the path.
   */
  readonly headerMembers?: Readonly<Record<string, string>>
  /** Beginnings of the names of headers that are part of the contract, beside Bedrock's own. */
  readonly contractHeaders?: readonly string[]
  /** Location of request metadata: a header, or a member of the document. Absent if the operation has none. */
  readonly metadata?: 'header' | 'body'
  /** Location of the project: a header, or a member of the document. Absent if the operation has none. */
  readonly project?: { readonly in: 'header' | 'body'; readonly name: string }
}

/** Header of InvokeModel's project. */
export const PROJECT_HEADER = 'x-amzn-bedrock-projectidentifier'

const PROJECT_IN_HEADER = { in: 'header', name: PROJECT_HEADER } as const
const PROJECT_IN_BODY = { in: 'body', name: 'projectIdentifier' } as const
const OPENAI_PROJECT = { in: 'header', name: 'openai-project' } as const

/** Members of InvokeModel and InvokeModelWithResponseStream that are headers. */
const INVOKE_MODEL_HEADERS = {
  contentType: 'content-type',
  guardrailIdentifier: 'x-amzn-bedrock-guardrailidentifier',
  guardrailVersion: 'x-amzn-bedrock-guardrailversion',
  performanceConfigLatency: 'x-amzn-bedrock-performanceconfig-latency',
  projectIdentifier: PROJECT_HEADER,
  requestMetadata: 'x-amzn-bedrock-request-metadata',
  serviceTier: 'x-amzn-bedrock-service-tier',
  trace: 'x-amzn-bedrock-trace',
} as const

/** Operations whose answer does not stream. */
export const OPERATIONS = {
  ApplyGuardrail: { method: 'POST', path: '/guardrail/{guardrailIdentifier}/version/{guardrailVersion}/apply' },
  Converse: { method: 'POST', path: '/model/{modelId}/converse', metadata: 'body', project: PROJECT_IN_BODY },
  CountTokens: { method: 'POST', path: '/model/{modelId}/count-tokens' },
  InvokeGuardrailChecks: { method: 'POST', path: '/guardrail-checks/invoke' },
  InvokeModel: {
    method: 'POST',
    path: '/model/{modelId}/invoke',
    headerMembers: { ...INVOKE_MODEL_HEADERS, accept: 'accept' },
    metadata: 'header',
    project: PROJECT_IN_HEADER,
  },
} as const satisfies Record<string, Operation>

export type OperationName = keyof typeof OPERATIONS

/** Operation whose answer is an event stream. */
export interface StreamOperation extends Operation {
  /** Exceptions in the stream's union. SDKs do not know other exceptions in the stream. */
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
    project: PROJECT_IN_BODY,
  },
  InvokeModelWithResponseStream: {
    method: 'POST',
    path: '/model/{modelId}/invoke-with-response-stream',
    // `accept` is the media type of the stream, so the model's media type has its own header.
    headerMembers: { ...INVOKE_MODEL_HEADERS, accept: 'x-amzn-bedrock-accept' },
    streamErrors: [...STREAM_ERRORS, 'ModelTimeoutException'],
    metadata: 'header',
    project: PROJECT_IN_HEADER,
  },
} as const satisfies Record<string, StreamOperation>

export type StreamOperationName = keyof typeof STREAM_OPERATIONS

/**
 * One turn of speech, with a body in the form of Converse and the events of ConverseStream. Ours: Bedrock has the bidirectional
 * stream only, which no HTTP request can hold.
 */
export const SPEECH_OPERATIONS = {
  ConverseAudio: {
    method: 'POST',
    path: '/model/{modelId}/converse-audio',
    streamErrors: [...STREAM_ERRORS, 'ModelTimeoutException'],
  },
} as const satisfies Record<string, StreamOperation>

/** Operations of other contracts. Source: Bedrock user guide, "Endpoints supported by Amazon Bedrock". */
const DOOR_OPERATIONS = {
  AnthropicMessages: {
    method: 'POST',
    path: '/anthropic/v1/messages',
    contractHeaders: ['anthropic-'],
    project: PROJECT_IN_HEADER,
  },
  OpenAIChatCompletions: {
    method: 'POST',
    path: '/openai/v1/chat/completions',
    contractHeaders: [OPENAI_PROJECT.name],
    project: OPENAI_PROJECT,
  },
  OpenAIResponses: {
    method: 'POST',
    path: '/openai/v1/responses',
    contractHeaders: [OPENAI_PROJECT.name],
    project: OPENAI_PROJECT,
  },
} as const satisfies Record<DoorOperation, Operation>

/** Operations that call a model. */
export const MODEL_OPERATIONS = {
  Converse: OPERATIONS.Converse,
  InvokeModel: OPERATIONS.InvokeModel,
  ...STREAM_OPERATIONS,
  ...SPEECH_OPERATIONS,
  ...DOOR_OPERATIONS,
} as const satisfies Record<ModelOperation, Operation>

/** Prefix of Bedrock's own headers in requests and answers. */
export const BEDROCK_HEADER_PREFIX = 'x-amzn-bedrock-'
