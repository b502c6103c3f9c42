import { countInputTokens } from '../conversation/count-tokens.ts'
import { readLastUserText } from '../conversation/read-text.ts'
import { replayAnswer } from '../conversation/replay-answer.ts'
import { stripDirectives } from '../conversation/strip-directives.ts'
import type { AnswerEvents, ConversationRequest, ModelAnswer } from '../conversation/types.ts'
import { applyDirectives, applyStreamDirectives, requireWholeLength } from '../directives/apply-directives.ts'
import { paceAnswer, paceEvents } from '../directives/pace-answer.ts'
import type { Directives } from '../directives/parse-directives.ts'
import {
  type GuardedAnswer,
  type Guarding,
  type GuardrailTrace,
  guardAnswer,
  guardInput,
} from '../guardrails/guard-answer.ts'
import { releaseUnscanned } from '../guardrails/release-unscanned.ts'
import type { OperationCall } from './operation.ts'

/** A conversation and its answer. */
export interface AnsweredConversation {
  readonly request: ConversationRequest
  readonly answer: ModelAnswer
  readonly trace?: GuardrailTrace
}

/** A conversation and its streamed answer. */
export interface StreamedConversation {
  readonly request: ConversationRequest
  readonly events: AnswerEvents
  readonly directives: Directives
  /** Available after the last event; missing without a guardrail. */
  readonly readTrace?: () => GuardrailTrace
}

/**
 * Answers a checked request of Converse or InvokeModel: directives, guardrail, model, and the time of its tokens. Rejects
 * with the BedrockError of a directive or of the model.
 */
export async function answerConversation(
  request: ConversationRequest,
  call: OperationCall,
  guarding?: Guarding,
): Promise<AnsweredConversation> {
  const directives = await applyDirectives(readLastUserText(request), call)
  const plain = stripDirectives(request)
  const guarded = guarding && (await askGuarded(plain, call, directives, guarding))
  const answer = guarded?.answer ?? (await call.model.answer(plain, directives, call.signal))
  await paceAnswer(directives, answer.usage.outputTokens, call.signal)
  return { request: plain, answer, ...(guarded && { trace: guarded.trace }) }
}

/**
 * Answers as a stream. A synchronous guardrail assesses the whole answer before the first piece is sent, so that no blocked
 * piece is sent. Rejects when Bedrock refuses before the stream begins.
 */
export async function streamConversation(
  request: ConversationRequest,
  call: OperationCall,
  guarding?: Guarding,
): Promise<StreamedConversation> {
  const directives = await applyStreamDirectives(readLastUserText(request), call)
  const plain = stripDirectives(request)
  const { events, readTrace } = await streamGuarded(plain, call, directives, guarding)
  const { rate } = directives
  return {
    request: plain,
    events: rate === undefined ? events : paceEvents(events, rate, call.signal),
    directives,
    ...(readTrace && { readTrace }),
  }
}

async function streamGuarded(
  request: ConversationRequest,
  call: OperationCall,
  directives: Directives,
  guarding: Guarding | undefined,
): Promise<Pick<StreamedConversation, 'events' | 'readTrace'>> {
  const stream = (asked: ConversationRequest) => call.model.stream(asked, directives, call.signal)
  if (!guarding) return { events: await stream(request) }
  requireWholeLength(directives)
  if (!guarding.isAsynchronous) {
    const { answer, trace } = await askGuarded(request, call, directives, guarding)
    return { events: replayAnswer(answer), readTrace: () => trace }
  }
  const entry = guardInput(request, guarding)
  const { blocked } = entry
  if (blocked) return { events: replayAnswer(blocked.answer), readTrace: () => blocked.trace }
  return releaseUnscanned(await stream(entry.request), entry, guarding)
}

async function askGuarded(
  request: ConversationRequest,
  call: OperationCall,
  directives: Directives,
  guarding: Guarding,
): Promise<GuardedAnswer> {
  requireWholeLength(directives)
  return guardAnswer(request, guarding, (asked) => call.model.answer(asked, directives, call.signal))
}

/** Counts tokens for CountTokens, after the directives that delay or fail a call. */
export async function countConversation(request: ConversationRequest, call: OperationCall): Promise<number> {
  await applyDirectives(readLastUserText(request), call)
  return countInputTokens(stripDirectives(request))
}
