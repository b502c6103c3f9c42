import '../core/index.ts'

export { readCountRequest, toCountAnswer } from './anthropic/count-tokens.ts'
export { toErrorReply as toAnthropicErrorReply } from './anthropic/errors.ts'
export { listAnthropicModels, toAnthropicModel } from './anthropic/models.ts'
export { toErrorReply as toOpenAiErrorReply } from './openai/errors.ts'
export { listOpenAiModels, toOpenAiModel } from './openai/models.ts'
export { embeddings, MAX_PARALLEL_CALLS } from './openai-embeddings/index.ts'
