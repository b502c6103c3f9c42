import { countTextTokens } from '../../conversation/count-tokens.ts'
import type { AnswerBlock, AnswerStop, StartedBlock } from '../../conversation/types.ts'
import { deriveId } from '../../deterministic-model/hash-request.ts'
import { CREATED } from '../../families/openai-chat/render-answer.ts'
import type { JsonObject, JsonValue } from '../../shapes/json.ts'
import { readObject, readString, readStrings } from '../../shapes/read-json.ts'
import { seal } from '../../thinking/seal.ts'
import type { ResponsesRequest } from './read-request.ts'

/** What the items of a response depend on. */
export interface ItemContext {
  readonly seed: Buffer
  readonly customTools: readonly string[]
  /** True if reasoning has a summary. */
  readonly summarizes: boolean
  /** True if reasoning is sealed, so that it can come back without a stored response. */
  readonly encrypts: boolean
}

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'

export function createItemContext({ body, customTools }: ResponsesRequest, seed: Buffer): ItemContext {
  return {
    seed,
    customTools,
    summarizes: readString(readObject(body.reasoning)?.summary) !== undefined,
    encrypts: readStrings(body.include).includes('reasoning.encrypted_content'),
  }
}

/** True for a block that is an item of the response. */
export function isItem({ kind }: Pick<AnswerBlock, 'kind'>): boolean {
  return kind === 'text' || kind === 'toolUse' || kind === 'reasoning'
}

const PREFIXES: Readonly<Partial<Record<AnswerBlock['kind'], string>>> = { text: 'msg', reasoning: 'rs', toolUse: 'fc' }

function isCustom(block: Pick<AnswerBlock, 'kind'> & { readonly name?: string }, context: ItemContext): boolean {
  return block.kind === 'toolUse' && context.customTools.includes(block.name ?? '')
}

export function nameItem(block: StartedBlock, context: ItemContext): string {
  const prefix = isCustom(block, context) ? 'ctc' : PREFIXES[block.kind]
  return `${prefix}_${deriveId(context.seed, `item ${block.index}`)}`
}

/** Renders an item with the text of its block: for a tool use, its input. */
export function renderItem(block: StartedBlock, text: string, status: ItemStatus, context: ItemContext): JsonObject {
  const id = nameItem(block, context)
  switch (block.kind) {
    case 'toolUse':
      return isCustom(block, context)
        ? {
            id,
            type: 'custom_tool_call',
            status,
            call_id: `call_${block.id}`,
            input: readCustomInput(text),
            name: block.name,
          }
        : { id, type: 'function_call', status, arguments: text, call_id: `call_${block.id}`, name: block.name }
    case 'reasoning':
      return {
        id,
        type: 'reasoning',
        ...(context.encrypts && status !== 'in_progress' && { encrypted_content: seal(text) }),
        summary: context.summarizes && text !== '' ? [{ type: 'summary_text', text }] : [],
      }
    default:
      return {
        id,
        type: 'message',
        status,
        role: 'assistant',
        content: status === 'in_progress' ? [] : [renderText(text)],
      }
  }
}

export function renderText(text: string): JsonObject {
  return { type: 'output_text', annotations: [], logprobs: [], text }
}

/** Reads the text that is the input of a custom tool. */
export function readCustomInput(text: string): string {
  try {
    const { input }: { input?: unknown } = JSON.parse(text)
    return typeof input === 'string' ? input : text
  } catch {
    return text
  }
}

/** Renders a response without output, as its stream begins. */
export function renderStart({ model, body, stores }: ResponsesRequest, id: string): JsonObject {
  const given = (name: string, otherwise: JsonValue): JsonValue => body[name] ?? otherwise
  const { format, verbosity } = readObject(body.text) ?? {}
  const { effort, summary } = readObject(body.reasoning) ?? {}
  const tier = given('service_tier', 'auto')
  return {
    id,
    object: 'response',
    created_at: CREATED,
    status: 'in_progress',
    background: false,
    completed_at: null,
    error: null,
    incomplete_details: null,
    instructions: given('instructions', null),
    max_output_tokens: given('max_output_tokens', null),
    max_tool_calls: given('max_tool_calls', null),
    metadata: given('metadata', {}),
    model: model.baseId ?? model.requestedId,
    output: [],
    parallel_tool_calls: given('parallel_tool_calls', true),
    previous_response_id: given('previous_response_id', null),
    prompt_cache_key: given('prompt_cache_key', null),
    reasoning: { effort: effort ?? null, summary: summary ?? null },
    safety_identifier: given('safety_identifier', null),
    service_tier: tier === 'auto' ? 'default' : tier,
    store: stores,
    temperature: given('temperature', 1),
    text: { format: format ?? { type: 'text' }, verbosity: verbosity ?? 'medium' },
    tool_choice: given('tool_choice', 'auto'),
    tools: given('tools', []),
    top_logprobs: 0,
    top_p: given('top_p', 1),
    truncation: given('truncation', 'disabled'),
    usage: null,
    user: given('user', null),
  }
}

/** Renders the whole response. */
export function renderEnd(
  start: JsonObject,
  output: readonly JsonObject[],
  { stopReason, usage }: Pick<AnswerStop, 'stopReason' | 'usage'>,
  reasoning: string,
): JsonObject {
  const isIncomplete = stopReason === 'max_tokens'
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = usage
  const total = inputTokens + cacheReadTokens + cacheWriteTokens
  return {
    ...start,
    status: isIncomplete ? 'incomplete' : 'completed',
    completed_at: isIncomplete ? null : CREATED,
    incomplete_details: isIncomplete ? { reason: 'max_output_tokens' } : null,
    output,
    usage: {
      input_tokens: total,
      input_tokens_details: { cache_write_tokens: cacheWriteTokens, cached_tokens: cacheReadTokens },
      output_tokens: outputTokens,
      output_tokens_details: { reasoning_tokens: countTextTokens(reasoning) },
      total_tokens: total + outputTokens,
    },
  }
}
