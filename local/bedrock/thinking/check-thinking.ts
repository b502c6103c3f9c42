import type { ModelThinking, ThinkingKind } from '@bedrock-functions/runtime/models/rows'
import type {
  ContentBlock,
  ConversationRequest,
  InferenceParameters,
  ReasoningBlock,
  Thinking,
  Turn,
} from '../conversation/types.ts'
import { type ConversationWording, thinkingMessages as messages, validationError } from '../messages.ts'
import type { Model } from '../models/resolve-model.ts'
import { isPresent, type JsonValue } from '../shapes/json.ts'
import { readObject, readString } from '../shapes/read-json.ts'
import { isSeal, sealsOtherText } from './seal.ts'

const MIN_BUDGET = 1_024

const DISPLAYS: readonly string[] = ['summarized', 'omitted', 'updates']

/** Smallest `top_p` beside thinking. */
const MIN_TOP_P = 0.95

/** Efforts above `high`. */
const HIGHEST_EFFORTS: readonly string[] = ['xhigh', 'max']

/** Names of blocks in Claude's messages. */
const TYPES: Partial<Readonly<Record<ContentBlock['kind'], string>>> = { toolUse: 'tool_use' }

/**
 * Checks the thinking of a request to Claude, and the thinking blocks that it sends back. ValidationException with Claude's
 * messages.
 */
export function checkThinking(request: ConversationRequest, { traits }: Model, wording: ConversationWording): void {
  if (!traits.thinking) return
  const fault = findParameterFault(request, traits.thinking) ?? findBlockFault(request) ?? findMissingBlock(request)
  if (fault !== undefined) throw validationError(wording.fromModel(fault))
}

function findParameterFault({ parameters, toolChoice }: ConversationRequest, model: ModelThinking): string | undefined {
  const { thinking } = parameters
  if (!thinking) return undefined
  const fault = findKindFault(thinking, model) ?? findEffortFault(thinking, model)
  if (fault !== undefined || thinking.kind === 'disabled') return fault
  if (!thinking.isInterleaved && (thinking.budget ?? 0) >= (parameters.maxTokens ?? Number.POSITIVE_INFINITY)) {
    return messages.budgetLarge
  }
  const isForced = toolChoice.kind === 'any' || toolChoice.kind === 'tool'
  return thinking.kind === 'enabled' && isForced ? messages.forcedTool : findSamplingFault(parameters)
}

function findKindFault(thinking: Thinking, { kinds }: ModelThinking): string | undefined {
  const { kind } = thinking
  const member = readObject(thinking.member)
  if (!member) return messages.noObject
  if (typeof member.type !== 'string') return messages.noKind
  if (!isKind(kind)) return messages.unknownKind(kind)
  const fault = findBudgetFault(kind, member.budget_tokens)
  if (fault !== undefined) return fault
  if (isPresent(member.display) && !DISPLAYS.includes(readString(member.display) ?? '')) return messages.display(kind)
  return kinds.includes(kind) ? undefined : messages.unsupported[kind]
}

function findBudgetFault(kind: ThinkingKind, budget: JsonValue | undefined): string | undefined {
  if (kind !== 'enabled') return budget === undefined ? undefined : messages.budgetRefused(kind)
  if (budget === undefined) return messages.budgetMissing
  if (typeof budget !== 'number' || !Number.isInteger(budget)) return messages.budgetType
  return budget < MIN_BUDGET ? messages.budgetSmall(MIN_BUDGET) : undefined
}

function findEffortFault({ kind, effort = '' }: Thinking, { capsEffort }: ModelThinking): string | undefined {
  if (!capsEffort || !HIGHEST_EFFORTS.includes(effort)) return undefined
  if (kind === 'disabled') return messages.effortWithout(effort)
  return kind === 'between_tools' ? messages.effortBetween(effort) : undefined
}

function findSamplingFault({ temperature, topP, topK }: InferenceParameters): string | undefined {
  if (temperature !== undefined && temperature !== 1) return messages.temperature
  if (topK !== undefined) return messages.topK
  return topP !== undefined && topP < MIN_TOP_P ? messages.topP : undefined
}

function isKind(kind: string): kind is ThinkingKind {
  return Object.hasOwn(messages.unsupported, kind)
}

function findBlockFault({ turns }: ConversationRequest): string | undefined {
  const answers = turns.filter(({ role }) => role === 'assistant')
  for (const turn of answers) {
    for (const [index, block] of turn.blocks.entries()) {
      const fault = block.kind === 'reasoning' ? describeFault(block, turn === answers.at(-1)) : undefined
      if (fault !== undefined) return `${[...turn.path, 'content', index].join('.')}${fault}`
    }
  }
  return undefined
}

function describeFault({ text, signature = '', redacted }: ReasoningBlock, isLatest: boolean): string | undefined {
  if (redacted !== undefined) return isSeal(redacted) ? undefined : messages.redactedData
  if (signature === '') return messages.signatureMissing
  if (!isSeal(signature)) return messages.signature
  return isLatest && text !== '' && sealsOtherText(signature, text) ? messages.modified : undefined
}

/**
 * Finds an answer that must begin with thinking and does not: the last one of the assistant, if tool results or nothing
 * follows it. Between several tool uses one thinking block is enough.
 */
function findMissingBlock({ turns, parameters }: ConversationRequest): string | undefined {
  const last = turns.at(-1)
  const thinks = parameters.thinking?.kind === 'enabled'
  const isPrefill = last?.role === 'assistant'
  const misplaced = findMisplacedBlock(turns, thinks)
  if (misplaced !== undefined) return misplaced
  const place = (turn: Turn): string => [...turn.path, 'content', 0].join('.')
  if (isPrefill && isOff(parameters.thinking?.kind) && last.blocks.some(isThinking))
    return messages.prefill(place(last))
  if (!thinks || !(isPrefill || last?.blocks.some(({ kind }) => kind === 'toolResult'))) return undefined
  const answers = turns.slice(findLoopStart(turns)).filter(({ role }) => role === 'assistant')
  const answer = answers.at(-1)
  const [first] = answer?.blocks ?? []
  if (!answer || !first || answers.some(({ blocks }) => blocks[0] && isThinking(blocks[0]))) return undefined
  return messages.expected(place(answer), TYPES[first.kind] ?? first.kind)
}

/** Finds an answer with thinking that does not begin with it, and a last answer that ends with thinking. */
function findMisplacedBlock(turns: readonly Turn[], thinks: boolean): string | undefined {
  for (const { role, blocks, path } of thinks ? turns : []) {
    const [first] = blocks
    if (role === 'assistant' && first && !isThinking(first) && blocks.some(isThinking)) {
      return messages.first([...path, 'content', 0].join('.'), TYPES[first.kind] ?? first.kind)
    }
  }
  const last = turns.at(-1)
  const final = last?.role === 'assistant' ? last.blocks.at(-1) : undefined
  return thinks && last && final && isThinking(final) ? messages.final(last.path.join('.')) : undefined
}

function isOff(kind: string | undefined): boolean {
  return kind === undefined || kind === 'disabled'
}

function isThinking({ kind }: ContentBlock): boolean {
  return kind === 'reasoning'
}

/** Finds the last user message that answers no tool. */
function findLoopStart(turns: readonly Turn[]): number {
  return turns.findLastIndex(({ role, blocks }) => role === 'user' && !blocks.some(({ kind }) => kind === 'toolResult'))
}
