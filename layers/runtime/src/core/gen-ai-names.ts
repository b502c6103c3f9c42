import type { Facts } from './model-call.ts'

/** Outcome of a call, for its description by the conventions. */
export interface DescribedCall {
  readonly operation: string
  readonly facts: Readonly<Facts>
  readonly statusCode?: number
  readonly durationMs?: number
  readonly errorType?: string
}

/** Values by names of OpenTelemetry. */
export type GenAiMembers = Record<string, string | number | readonly string[] | boolean>

/** Operations whose answer streams. */
const STREAMS = new Set(['ConverseStream', 'ConverseAudio', 'InvokeModelWithResponseStream'])

/** Names of operations by OpenTelemetry. Other operations call no model, so the conventions do not describe them. */
const OPERATION_NAMES: Readonly<Record<string, string>> = {
  Converse: 'chat',
  ConverseAudio: 'chat',
  ConverseStream: 'chat',
  AnthropicMessages: 'chat',
  OpenAIChatCompletions: 'chat',
  OpenAIResponses: 'chat',
  OpenAIEmbeddings: 'embeddings',
  InvokeModel: 'generate_content',
  InvokeModelWithResponseStream: 'generate_content',
  RunJob: 'generate_content',
}

/** Parts of the ids of models that make embeddings. */
const EMBEDDING_MODEL = /embed|marengo/

/**
 * Describes a call of a model by OpenTelemetry's conventions for generative AI (gen_ai.*), in addition to our own names.
 *
 * Source: open-telemetry/semantic-conventions-genai, status Development, read in November 2026.
 *
 * @returns undefined for an operation that calls no model
 */
export function describeGenAi({ operation, facts, ...outcome }: DescribedCall): GenAiMembers | undefined {
  const name = nameOperation(operation, facts)
  if (name === undefined) return undefined
  const { statusCode = 200, durationMs, errorType } = outcome
  const { modelId, requestedModelId = modelId, stopReason, firstEventMs, outputTokens } = facts
  const { cacheReadInputTokens: cacheRead, cacheWriteInputTokens: cacheWrite } = facts
  const inputTokens = countInput(facts)
  return {
    'gen_ai.operation.name': name,
    'gen_ai.provider.name': 'aws.bedrock',
    ...(requestedModelId !== undefined && { 'gen_ai.request.model': requestedModelId }),
    ...((firstEventMs !== undefined || STREAMS.has(operation)) && { 'gen_ai.request.stream': true }),
    ...(statusCode < 400 && modelId !== undefined && { 'gen_ai.response.model': modelId }),
    ...(typeof stopReason === 'string' && { 'gen_ai.response.finish_reasons': [stopReason] }),
    ...(typeof firstEventMs === 'number' && { 'gen_ai.response.time_to_first_chunk': firstEventMs / 1000 }),
    ...(inputTokens !== undefined && { 'gen_ai.usage.input_tokens': inputTokens }),
    ...(outputTokens !== undefined && { 'gen_ai.usage.output_tokens': outputTokens }),
    ...(cacheRead !== undefined && { 'gen_ai.usage.cache_read.input_tokens': cacheRead }),
    ...(cacheWrite !== undefined && { 'gen_ai.usage.cache_creation.input_tokens': cacheWrite }),
    ...(durationMs !== undefined && { 'gen_ai.client.operation.duration': Math.round(durationMs) / 1000 }),
    ...(errorType !== undefined && { 'error.type': errorType }),
  }
}

function nameOperation(operation: string, { modelId, kind }: Readonly<Facts>): string | undefined {
  const name = OPERATION_NAMES[operation]
  if (name !== 'generate_content') return name
  if (kind === 'converse') return 'chat'
  return typeof modelId === 'string' && EMBEDDING_MODEL.test(modelId) ? 'embeddings' : name
}

/** Sums all input tokens: by the conventions they include those of the cache, by Bedrock they do not. */
function countInput({ inputTokens, cacheReadInputTokens, cacheWriteInputTokens }: Readonly<Facts>): number | undefined {
  if (typeof inputTokens !== 'number') return undefined
  return [cacheReadInputTokens, cacheWriteInputTokens].reduce<number>(
    (sum, count) => (typeof count === 'number' ? sum + count : sum),
    inputTokens,
  )
}

/**
 * Describes a call for annotations of X-Ray, whose names have letters, digits and underscores only. They are the names that
 * OpenTelemetry's exporter for X-Ray writes.
 */
export function annotateGenAi(call: DescribedCall): Record<string, string | number | boolean> {
  return Object.fromEntries(
    Object.entries(describeGenAi(call) ?? {}).map(([name, value]) => [
      name.replaceAll('.', '_'),
      typeof value === 'object' ? value.join(',') : value,
    ]),
  )
}
