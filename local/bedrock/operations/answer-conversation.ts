import { countInputTokens } from '../conversation/count-tokens.ts'
import { readLastUserText } from '../conversation/read-text.ts'
import { replayAnswer } from '../conversation/replay-answer.ts'
import { stripDirectives } from '../conversation/strip-directives.ts'
import type { AnswerEvents, ConversationRequest, ModelAnswer } from '../conversation/types.ts'
import { applyDirectives, applyStreamDirectives, requireWholeLength } from '../directives/apply-directives.ts'
import { paceAnswer, paceEvents } from '../directives/pace-answer.ts'
import type { Directives } from '../directives/parse-directives.ts'
import { type GuardedAnswer, type GuardrailTrace, guardAnswer } from '../guardrails/guard-answer.ts'
import type { GuardrailReference } from '../guardrails/reference.ts'
import type { OperationCall } from './operation.ts'

export interface Guarding {
  readonly guardrail?: GuardrailReference | undefined
  /** Suffix of the tags that mark what a guardrail shall look at. */
  readonly tag?: string | undefined
}

/** The conversation that the model read, and what it answered. */
export interface AnsweredConversation {
  readonly request: ConversationRequest
  readonly answer: ModelAnswer
  readonly trace?: GuardrailTrace
}

/** The same while the answer is made. */
export interface StreamedConversation {
  readonly request: ConversationRequest
  readonly events: AnswerEvents
  readonly directives: Directives
  readonly trace?: GuardrailTrace
}

/**
 * From a checked request to the model's answer, the same for Converse and InvokeModel: directives, guardrail, model and
 * the time that its tokens take. Rejects with the BedrockError a directive asks for or the model fails with.
 */
export async function answerConversation(
  request: ConversationRequest,
  call: OperationCall,
  guarding: Guarding = {},
): Promise<AnsweredConversation> {
  const directives = await applyDirectives(readLastUserText(request), call)
  const plain = stripDirectives(request)
  const guarded = await askGuarded(plain, call, directives, guarding)
  const answer = guarded?.answer ?? (await call.model.answer(plain, directives, call.signal))
  await paceAnswer(directives, answer.usage.outputTokens, call.signal)
  return { request: plain, answer, ...(guarded && { trace: guarded.trace }) }
}

/**
 * The same as a stream. A guardrail sees the whole answer before its first piece leaves, so that none leaves that it
 * would have blocked. Rejects where Bedrock refuses before the stream begins.
 */
export async function streamConversation(
  request: ConversationRequest,
  call: OperationCall,
  guarding: Guarding = {},
): Promise<StreamedConversation> {
  const directives = await applyStreamDirectives(readLastUserText(request), call)
  const plain = stripDirectives(request)
  const guarded = await askGuarded(plain, call, directives, guarding)
  const events = guarded ? replayAnswer(guarded.answer) : await call.model.stream(plain, directives, call.signal)
  const { rate } = directives
  return {
    request: plain,
    events: rate === undefined ? events : paceEvents(events, rate, call.signal),
    directives,
    ...(guarded && { trace: guarded.trace }),
  }
}

async function askGuarded(
  request: ConversationRequest,
  call: OperationCall,
  directives: Directives,
  { guardrail, tag }: Guarding,
): Promise<GuardedAnswer | undefined> {
  if (!guardrail) return undefined
  requireWholeLength(directives)
  const ask = (asked: ConversationRequest): Promise<ModelAnswer> => call.model.answer(asked, directives, call.signal)
  return guardAnswer(request, guardrail, ask, tag)
}

/** What CountTokens answers, after the directives that delay or fail a call. */
export async function countConversation(request: ConversationRequest, call: OperationCall): Promise<number> {
  await applyDirectives(readLastUserText(request), call)
  return countInputTokens(stripDirectives(request))
}
