import { BedrockError } from '@bedrock-functions/runtime/core'

/**
 * Bedrock's messages for refused requests, in one place. They are observed, not modelled, and may change.
 */
export function validationError(message: string): BedrockError {
  return new BedrockError('ValidationException', message)
}

/** Message of a fault in the emulator itself, whose log has the details. */
export function emulatorFailure(): BedrockError {
  return new BedrockError('InternalServerException', 'The emulator failed; its own output says why.')
}

export function malformedInput(fact: string): string {
  return `Malformed input request: ${fact}, please reformat your input and try again.`
}

export function modelReturned(fact: string): string {
  return `The model returned the following errors: ${fact}`
}

export const INVALID_MODEL_IDENTIFIER = 'The provided model identifier is invalid.'

/** Observed: aws-samples/amazon-bedrock-ai-karaoke issue 21. */
export const MODEL_ENDED =
  'This model version has reached the end of its life. Please refer to the AWS documentation for more details.'

export const UNSUPPORTED_ACTION =
  "This action doesn't support the model that you provided. Try again with a supported text or chat model."

export const STREAMING_UNSUPPORTED = 'The model is unsupported for streaming.'

export function onDemandUnsupported(modelId: string): string {
  return `Invocation of model ID ${modelId} with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.`
}

/** Message of the emulator only, for a model that InvokeModel does not serve here. */
export function invokeNotServed(modelId: string, isAsync: boolean): string {
  const advice = isAsync ? 'Use StartAsyncInvoke.' : 'docs/emulator.md lists the models that it serves.'
  return `The Bedrock emulator does not serve InvokeModel of ${modelId}. ${advice}`
}

/** Message of the emulator only, for an operation that it does not forward to Bedrock. */
export function notForwarded(operation: string): string {
  return `The emulator neither records nor replays ${operation}. Start it without --record and --replay.`
}

/** Text for a model of an account, such as an imported one, whose body has no members of a known family. */
export function unknownBody(modelId: string): string {
  return `The Bedrock emulator cannot tell from the body which family ${modelId} belongs to. Choose its foundation model with --model ARN=ID, or with the option models of createBedrockEmulator.`
}

/** Observed of Stable Image Ultra: litellm issue 6826. */
export function stabilityFields(fields: readonly string[]): string {
  const names = fields.map((name) => `'${name}'`).join(', ')
  return JSON.stringify({ detail: `Invalid field in request. Available fields: [${names}]` })
}

/** Not observed. The ValidationException is documented, its text is not. */
export function asyncUnsupported(modelId: string): string {
  return `The provided model doesn't support asynchronous invocation: ${modelId}.`
}

/** Not observed. The operation's model has no ResourceNotFoundException. */
export function invocationNotFound(invocationArn: string): string {
  return `There is no asynchronous invocation with the ARN ${invocationArn}.`
}

/** Not observed. Chosen so that a caller sees the error at once. */
export function outputBucketRefused(s3Uri: string, isMissing: boolean): string {
  const fact = isMissing ? 'The bucket does not exist' : 'Access to the bucket was denied'
  return `Invalid output data config: the S3 location ${s3Uri} cannot be written to. ${fact}.`
}

/** Failure message of an invocation whose S3 failed until the retries ended. */
export const storageLost = 'Amazon S3 could not be reached for the input or the output of the invocation.'

/** Message of the emulator only; Bedrock always has S3. */
export const storageMissing =
  'This emulator has no S3 to write the output to. Start it with AWS_ENDPOINT_URL_S3 set to one, or alone with --state DIRECTORY to have one beside it.'

export const storageUnreachable = 'The S3 that AWS_ENDPOINT_URL_S3 names does not answer.'

export const countTokensUnsupported = "The provided model doesn't support counting tokens."

/** Observed of Claude Sonnet 4. */
export function serverToolUnsupported(index: number, type: string): string {
  return `tools.${index}: Input tag '${type}' found using 'type' does not match any of the expected tags: 'bash_20250124', 'custom', 'text_editor_20250124', 'text_editor_20250429', 'text_editor_20250728'`
}

export function bodyTooLarge(limit: number): string {
  return `The request body is larger than the limit of ${limit} bytes.`
}

/** Messages for faults in the order and content of a conversation. */
export interface ConversationWording {
  readonly empty: string
  readonly prefill: string
  readonly toolConfigMissing: string
  emptyContent(path: string): string
  blankText(path: string): string
  userOnly(kind: string, path: string): string
  assistantOnly(kind: string, path: string): string
  /** `path` of the content that should have the results, `usePath` of the message with the tool uses. */
  resultsMissing(path: string, ids: readonly string[], usePath: string): string
  /** `blockPath` of the first such result. */
  resultsUnexpected(path: string, ids: readonly string[], blockPath: string): string
  resultsRepeated(path: string, ids: readonly string[], blockPath: string): string
  toolDuplicated(name: string): string
  toolUnknown(name: string): string
  /** Words a fault that the model itself finds. */
  fromModel(fact: string): string
}

const PREFILL = 'This model does not support assistant message prefill. The conversation must end with a user message.'

/** Messages of Converse. */
export const converseWording: ConversationWording = {
  empty: 'A conversation must have at least one message. Try again with a conversation that has at least one message.',
  emptyContent: (path) =>
    `The content field in the Message object at ${path} is empty. Add a ContentBlock object to the content field and try again.`,
  blankText: (path) =>
    `The text field in the ContentBlock object at ${path} is blank. Add text to the text field, and try again.`,
  prefill: modelReturned(PREFILL),
  userOnly: (kind, path) =>
    `The ${kind} block at ${path} is only allowed in messages of the user role. Move it to a user message and try again.`,
  assistantOnly: (kind, path) =>
    `The ${kind} block at ${path} is only allowed in messages of the assistant role. Move it to an assistant message and try again.`,
  toolConfigMissing: 'The toolConfig field must be defined when using toolUse and toolResult content blocks.',
  resultsMissing: (path, ids) => `Expected toolResult blocks at ${path} for the following Ids: ${ids.join(', ')}`,
  resultsUnexpected: (path) =>
    `The number of toolResult blocks at ${path} exceeds the number of toolUse blocks of previous turn.`,
  resultsRepeated: (path, ids) => `The toolResult blocks at ${path} contain duplicate Ids: ${ids.join(', ')}`,
  toolDuplicated: (name) => `The toolConfig field has more than one tool named ${name}. Tool names must be unique.`,
  toolUnknown: (name) => `The toolChoice field names the tool ${name}, which is not among the tools.`,
  fromModel: modelReturned,
}

/** Messages of Converse about turns that some models do not take. */
export const turnMessages = {
  firstRole:
    'A conversation must start with a user message. Try again with a conversation that starts with a user message.',
  resultsBesideOthers: 'Conversation blocks and tool result blocks cannot be provided in the same turn.',
  toolStatus: "This model doesn't support the status field. Remove status and try again.",
} as const

/** Messages of models about native bodies. */
export const nativeWording: ConversationWording = {
  empty: malformedInput('messages: at least one message is required'),
  prefill: PREFILL,
  toolConfigMissing: malformedInput('tools: Field required when using tool_use and tool_result content blocks'),
  emptyContent: (path) => malformedInput(`${path}: all messages must have non-empty content`),
  blankText: (path) => malformedInput(`${path}: text content blocks must be non-empty and contain non-whitespace text`),
  userOnly: (kind, path) => malformedInput(`${path}: ${kind} blocks can only be in user messages`),
  assistantOnly: (kind, path) => malformedInput(`${path}: ${kind} blocks can only be in assistant messages`),
  resultsMissing: (path, ids) =>
    malformedInput(
      `${path}: tool_use ids were found without tool_result blocks immediately after: ${ids.join(', ')}. Each tool_use block must have a corresponding tool_result block in the next message`,
    ),
  resultsUnexpected: (path, ids) =>
    malformedInput(`${path}: unexpected tool_use_id found in tool_result blocks: ${ids.join(', ')}`),
  resultsRepeated: (path, ids) => malformedInput(`${path}: more than one tool_result block for ${ids.join(', ')}`),
  toolDuplicated: (name) => malformedInput(`tools: Tool names must be unique, found ${name} more than once`),
  toolUnknown: (name) => malformedInput(`tool_choice: Tool ${name} not found in provided tools`),
  fromModel: (fact) => fact,
}

/** Messages of Claude about native bodies. */
export const claudeWording: ConversationWording = {
  ...nativeWording,
  empty: 'messages: at least one message is required',
  toolConfigMissing: 'Requests which include `tool_use` or `tool_result` blocks must define tools',
  emptyContent: (path) =>
    `${path}: all messages must have non-empty content except for the optional final assistant message`,
  blankText: () => 'messages: text content blocks must be non-empty',
  userOnly: (kind, path) => `${path}: ${kind} blocks can only be in user messages`,
  assistantOnly: (kind, path) => `${path}: ${kind} blocks can only be in assistant messages`,
  resultsMissing: (_path, ids, usePath) =>
    `${usePath}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${ids.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
  resultsUnexpected: (_path, ids, blockPath) =>
    `${blockPath}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${ids.join(', ')}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
  resultsRepeated: (_path, ids, blockPath) =>
    `${blockPath}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${ids.join(', ')}`,
  toolDuplicated: () => 'tools: Tool names must be unique.',
  toolUnknown: (name) => `Tool '${name}' not found in provided tools`,
}

export const mediaMessages = {
  documentName:
    "The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets. The name can't contain more than one consecutive whitespace character. Check that the file name conforms to these restrictions and retry your request.",
  documentNameRepeated: "Messages can't contain duplicate document names. Rename the document and retry your request.",
  documentNeedsText: 'A text block must be included when using documents. Add a text block and retry your request.',
  documentTooLarge: 'The maximum document size is 4.5 MB. Reduce the size of your document and retry your request.',
  tooManyDocuments: (limit: number) => `You can't include more than ${limit} documents in a request.`,
  documentFormat: (path: string) => `The document at ${path} needs a format when its source is bytes.`,
  tooMany: (kind: string, count: number, limit: number) =>
    `The request has ${count} ${kind}s, the limit is ${limit}. Remove ${kind}s and try again.`,
  tooLong: 'Input is too long for requested model.',
  s3Unsupported: "This model doesn't support the s3Uri field. Remove s3Uri and try again.",
  sourceMissing: (path: string) => modelReturned(`${path}.document.source.type: Field required`),
  resultUnreadable: (path: string) =>
    modelReturned(malformedInput(`#/${path}: extraneous key [toolResult] is not permitted`)),
  tooManyImages: (count: number, limit: number) =>
    modelReturned(`too many images and documents: ${count} + 0 > ${limit}`),
  imageTooLarge: (path: string, bytes: number, limit: number) =>
    modelReturned(`${path}.image.source.bytes: image exceeds 5 MB maximum: ${bytes} bytes > ${limit} bytes`),
  tooManyPixelsOfMany: (path: string, limit: number) =>
    modelReturned(
      `${path}.image.source.bytes: At least one of the image dimensions exceed max allowed size for many-image requests: ${limit} pixels`,
    ),
  tooManyPixels: (path: string, width: number, height: number, limit: number) =>
    `The image at ${path} is ${width}x${height} pixels, the limit is ${limit}x${limit}.`,
  unreadable: (kind: string, format: string, path: string) =>
    `The model returned the following errors: Could not process ${kind}: the bytes at ${path} are not ${format}.`,
} as const

export const parameterMessages = {
  maxTokens: (limit: number) =>
    `The maximum tokens you requested exceeds the model limit of ${limit}. Try again with a maximum tokens value that is lower than ${limit}.`,
  samplingExclusive: '`temperature` and `top_p` cannot both be specified for this model. Please use only one.',
  samplingRefused: (name: string) => `\`${name}\` is deprecated for this model.`,
  fieldRefused: (name: string) => `This model doesn't support the ${name} field. Remove ${name} and try again.`,
  systemUnsupported:
    "This model doesn't support system messages. Try again without a system message or use a model that supports system messages.",
  toolsUnsupported: "This model doesn't support tool use.",
  toolChoice: (kind: string) =>
    `This model doesn't support the toolConfig.toolChoice.${kind} field. Remove toolConfig.toolChoice.${kind} and try again.`,
  streamedTools: "This model doesn't support tool use in streaming mode.",
  outputConfig: "This model doesn't support the outputConfig field. Remove outputConfig and try again.",
  schemaType: (path: string) => `The value at ${path} must be one of the following: object.`,
  notAnObject: (path: string) =>
    `The format of the value at ${path} is invalid. Provide a json object for the field and try again.`,
  emptyError: (path: string) => modelReturned(`${path}: content cannot be empty when status value is error`),
  pointer: (pointer: string) =>
    `The additionalModelResponseFieldPaths field has an invalid JSON Pointer: ${pointer.slice(0, 100)}`,
} as const

/** Observed, but for the texts of images in native bodies, which other models of the same kind give. */
export const featureMessages = {
  mediaBlock: (kind: string) =>
    `This model doesn't support the ${kind} content block that you provided. Update the content block and try again.`,
  resultImage: "This model doesn't support the image field for user messages. Remove image and try again.",
  documents: "This model doesn't support documents.",
  outputFormat: 'output_config.format: Extra inputs are not permitted',
  cachingUnsupported:
    'You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more information.',
  extraneousKey: (path: readonly (string | number)[], key: string) =>
    malformedInput(`${['#', ...path].join('/')}: extraneous key [${key}] is not permitted`),
  notMultimodal: (modelId: string) => `${modelId} is not a multimodal model`,
  cacheTtl: (path: string) => `${path}.cache_control.ttl: Extra inputs are not permitted`,
  hourCache: 'Extended TTL prompt caching is only supported for Anthropic models',
  serviceTier: 'The provided service tier is not supported for this model.',
  reservation: 'Reservation not found.',
  latency: (modelId: string, region: string) =>
    `Latency performance configuration is not supported for ${modelId} in ${region}`,
  beta: 'invalid beta flag',
} as const

interface Sizes {
  readonly input: number
  readonly output: number
  readonly window: number
}

/** Observed. Sizes are in tokens. */
export const overflowMessages = {
  promptTooLong: ({ input, window }: Sizes) => `prompt is too long: ${input} tokens > ${window} maximum`,
  inputTooLong: () => 'Input is too long for requested model.',
  inputExceeded: () =>
    'Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.',
  contextLength: ({ window }: Sizes) =>
    `This model's maximum context length is ${window} tokens. Please reduce the length of the prompt`,
  requestLength: ({ input, output, window }: Sizes) =>
    output === 0
      ? `This model's maximum context length is ${window} tokens. However, your request has ${input} input tokens. Please reduce the length of the input messages.`
      : `This model's maximum context length is ${window} tokens. However, you requested ${output} output tokens and your prompt contains at least ${input} input tokens, for a total of at least ${input + output} tokens. Please reduce the length of the input prompt or the number of requested output tokens. (parameter=input_tokens, value=${input})`,
  tooManyTokens: ({ input, window }: Sizes) =>
    `Too many input tokens. Max input tokens: ${window}, request input token count: ${input}`,
  windowExceeded: () => 'Your input exceeds the context window of this model. Please adjust your input and try again.',
  sumTooLong: ({ input, output, window }: Sizes) =>
    `input length and \`max_tokens\` exceed context limit: ${input} + ${output} > ${window}, decrease input length or \`max_tokens\` and try again`,
} as const

const THINKING_DOCUMENTATION =
  'Please consult our documentation at https://platform.claude.com/docs/en/build-with-claude/extended-thinking'

/** Observed of Claude, but for the texts about `between_tools` and an unknown kind. */
export const thinkingMessages = {
  unknownKind: (kind: string) =>
    `thinking: Input tag '${kind.slice(0, 50)}' found using 'type' does not match any of the expected tags: 'adaptive', 'between_tools', 'disabled', 'enabled'`,
  unsupported: {
    enabled:
      '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
    adaptive: 'adaptive thinking is not supported on this model',
    between_tools: '"thinking.type.between_tools" is not supported for this model.',
    disabled:
      '"thinking.type.disabled" is not supported for this model. Thinking defaults to adaptive mode when not specified; use "thinking.type.enabled" with "budget_tokens" for extended thinking.',
  },
  effortWithout: (effort: string) =>
    `output_config.effort '${effort}' is not supported when thinking is disabled on this model. Use effort 'high' or below, or enable thinking.`,
  effortBetween: (effort: string) =>
    `output_config.effort '${effort}' is not supported with "thinking.type.between_tools" on this model. Use effort 'high' or below.`,
  noObject: 'thinking: Input should be a valid dictionary or object to extract fields from',
  noKind: "thinking: Unable to extract tag using discriminator 'type'",
  budgetMissing: 'thinking.enabled.budget_tokens: Field required',
  budgetType: 'thinking.enabled.budget_tokens: Input should be a valid integer',
  budgetRefused: (kind: string) => `thinking.${kind}.budget_tokens: Extra inputs are not permitted`,
  display: (kind: string) => `thinking.${kind}.display: Input should be 'summarized', 'omitted' or 'updates'`,
  budgetSmall: (minimum: number) =>
    `thinking.enabled.budget_tokens: Input should be greater than or equal to ${minimum}`,
  budgetLarge: `\`max_tokens\` must be greater than \`thinking.budget_tokens\`. ${THINKING_DOCUMENTATION}#max-tokens-and-context-window-size`,
  forcedTool: 'Thinking may not be enabled when tool_choice forces tool use.',
  temperature: `\`temperature\` may only be set to 1 when thinking is enabled or in adaptive mode. ${THINKING_DOCUMENTATION}`,
  topP: `\`top_p\` must be greater than or equal to 0.95 or unset when thinking is enabled or in adaptive mode. ${THINKING_DOCUMENTATION}`,
  topK: `\`top_k\` must be unset when thinking is enabled or in adaptive mode. ${THINKING_DOCUMENTATION}`,
  signatureMissing: '.thinking.signature: Field required',
  signature: ': Invalid `signature` in `thinking` block',
  redactedData: ': Invalid `data` in `redacted_thinking` block',
  modified:
    ': `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. These blocks must remain as they were in the original response.',
  first: (path: string, found: string) =>
    `${path}: If an assistant message contains any thinking blocks, the first block must be \`thinking\` or \`redacted_thinking\`. Found \`${found}\`.`,
  final: (path: string) => `${path}: The final block in an assistant message cannot be \`thinking\`.`,
  expected: (path: string, found: string) =>
    `${path}.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${found}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks). We recommend you include thinking blocks from previous turns. To avoid this requirement, disable \`thinking\`. ${THINKING_DOCUMENTATION}`,
  prefill: (path: string) =>
    `${path}: When thinking is disabled, an \`assistant\` message in the final position cannot contain \`thinking\`. To use thinking blocks, enable \`thinking\` in your request.`,
} as const

/** Observed of Claude and of models with chat completions. */
export const unicodeMessages = {
  claude: (position: number) =>
    `The request body is not valid JSON: no low surrogate in string: line 1 column ${position + 1} (char ${position})`,
  others: "Invalid 'messages': unexpected end of hex escape",
} as const

/** Observed of Claude. */
export const claudeMessages = {
  whitespaceText: 'messages: text content blocks must contain non-whitespace text',
  blankStopSequence: 'stop_sequences: each stop sequence must contain non-whitespace',
  forcedTool: '`tool_choice` that forces tool use is not supported for this model.',
  trailingSpace: 'messages: final assistant content cannot end with trailing whitespace',
  schema: (fault: string) => `output_config.format.schema: ${fault}`,
} as const

/** Observed of Claude. */
export const cacheMessages = {
  tooMany: (count: number, limit: number) =>
    modelReturned(`A maximum of ${limit} blocks with cache_control may be provided. Found ${count}.`),
  order: modelReturned(
    "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`.",
  ),
} as const

/** Not observed. */
export const promptMessages = {
  unknown: (id: string) => `Could not find the prompt ${id}.`,
  refused: (names: readonly string[]) => `The fields ${names.join(', ')} are not allowed with a prompt as modelId.`,
  variableMissing: (name: string) => `The prompt variable ${name} has no value in the promptVariables field.`,
} as const

/** Not observed. The rules are documented in the service models. */
export const projectMessages = {
  unknown: (identifier: string) => `Could not find the project ${identifier}.`,
  archived: (id: string) => `The project ${id} is archived. Use an active project.`,
  isDefault: 'The default project cannot be archived.',
  applicationProfile:
    'Application inference profiles are not supported with a non-default project. Use a foundation model or a system-defined inference profile.',
} as const

export const guardrailMessages = {
  versionMissing: 'The guardrailVersion is required when a guardrailIdentifier is given.',
  identifierMissing:
    'The guardrailIdentifier is required when a guardrailVersion or a guardrail configuration is given.',
  contentType: 'The content type must be application/json when a guardrail is used.',
  unknown: 'The guardrail identifier or version provided in the request does not exist.',
} as const

/** Messages of Bedrock's doors for other contracts. */
export const doorMessages = {
  /** Observed at bedrock-mantle. */
  notOnRoute: (modelId: string) => `model \`${modelId}\` isn't supported on this route`,
  /** Not observed; the refusal is documented. */
  applicationProfile: 'Application inference profiles are not supported by the Responses API.',
  /** Message of the emulator only: AWS does not say whether guardrails apply. */
  guardrail:
    'AWS documents no guardrails for this route, so the Bedrock emulator refuses them. Use InvokeModel, Converse or chat completions.',
  /** Message of the emulator only. */
  noChecksum: 'The directive [emulator:badcrc@K] is for frames; server-sent events have no checksum.',
  extraInput: (member: string) => `${member}: Extra inputs are not permitted`,
  /** Message of the emulator only. */
  unserved: (member: string) => `The Bedrock emulator does not serve '${member}'. Leave it out.`,
  /** Observed of OpenAI. */
  unsupportedParameter: (member: string) => `Unsupported parameter: '${member}' is not supported with this model.`,
  /** Documented as refused; the text is not. */
  background: 'Background responses are not supported on this endpoint. Set background to false.',
  /** Documented as refused; the text is not. */
  serverTool: (type: string) => `The tool type '${type}' is not supported on this endpoint. Use client-side tools.`,
  /** Documented as refused; the text is not. */
  project:
    'Only the default project is supported on this endpoint. Leave out the OpenAI-Project header or set it to default.',
  /** Observed of OpenAI. */
  responseUnknown: (id: string) => `Response with id '${id.slice(0, 100)}' not found.`,
  /** Observed of OpenAI. */
  itemUnknown: (id: string) => `Item with id '${id.slice(0, 100)}' not found.`,
  /** Observed of OpenAI. */
  notCancellable: 'Cannot cancel a synchronous response.',
  /** Not observed. */
  dataUrl: (member: string) =>
    `Invalid '${member}'. Expected a base64-encoded data URL, such as data:image/png;base64,…`,
  /** Observed of OpenAI. */
  toolsWithReasoning: (modelId: string) =>
    `Function tools with reasoning_effort are not supported for ${modelId} in /v1/chat/completions. To use function tools, use /v1/responses or set reasoning_effort to 'none'.`,
  /** Observed of Anthropic's API. */
  versionMissing: 'anthropic-version: header is required',
  /** Not observed. */
  versionUnknown: (version: string) =>
    `anthropic-version: "${version.slice(0, 50)}" is not a valid version. Supported: 2023-06-01, 2026-10-21.`,
} as const

/** Messages of batch inference jobs. Not observed, except where a line says otherwise. */
export const batchMessages = {
  unknown: (identifier: string) => `Could not find the model invocation job ${identifier}.`,
  ended: (status: string) => `The model invocation job is ${status}, so it cannot be stopped.`,
  /** Reported by users of Bedrock, not verified. */
  fewRecords: (jobArn: string, count: number, limit: number) =>
    `Batch job ${jobArn} contains less records (${count}) than the required minimum of: ${limit}`,
  manyRecords: (subject: string, limit: number) => `${subject} contains more records than the maximum of: ${limit}`,
  largeFile: (file: string, bytes: number, limit: number) =>
    `The file ${file} has ${bytes} bytes, the limit of a file is ${limit}.`,
  largeJob: (bytes: number, limit: number) => `The input files have ${bytes} bytes, the limit of a job is ${limit}.`,
  noFiles: (s3Uri: string) => `There is no file that ends in .jsonl at ${s3Uri}.`,
  wrongName: (s3Uri: string) => `The input ${s3Uri} is neither a file that ends in .jsonl nor a folder.`,
  badLine: (file: string, line: number, fact: string) => `${file}, line ${line}: ${fact}.`,
  longLine: (file: string, line: number, limit: number) =>
    `${file}, line ${line}: the line is longer than the limit of ${limit} bytes.`,
  duplicateId: (recordId: string) => `the recordId ${recordId.slice(0, 100)} is that of an earlier record`,
  /** Documented as unsupported; the text is not. */
  unsupported: (member: string) => `Batch inference does not support ${member}. Remove ${member} and try again.`,
  changed: (s3Uri: string) => `The input ${s3Uri} has changed since it was validated.`,
  expired: 'The job was not started before its timeout.',
} as const
