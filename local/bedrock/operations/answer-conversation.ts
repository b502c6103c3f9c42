import { countInputTokens } from '../conversation/count-tokens.ts'
import { readLastUserText } from '../conversation/read-text.ts'
import { stripDirectives } from '../conversation/strip-directives.ts'
import type { ConversationRequest, ModelAnswer } from '../conversation/types.ts'
import { applyDirectives, paceAnswer } from '../directives/apply-directives.ts'
import { type GuardrailTrace, guardAnswer } from '../guardrails/guard-answer.ts'
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

/**
 * From a checked request to the model's answer, the same for Converse and InvokeModel: directives, guardrail, model and
 * the time that its tokens take. Rejects with the BedrockError a directive asks for or the model fails with.
 */
export async function answerConversation(
  request: ConversationRequest,
  call: OperationCall,
  { guardrail, tag }: Guarding = {},
): Promise<AnsweredConversation> {
  const directives = await applyDirectives(readLastUserText(request), call)
  const plain = stripDirectives(request)
  const ask = (asked: ConversationRequest): Promise<ModelAnswer> => call.model.answer(asked, directives, call.signal)
  const guarded = guardrail && (await guardAnswer(plain, guardrail, ask, tag))
  const answer = guarded?.answer ?? (await ask(plain))
  await paceAnswer(directives, answer.usage.outputTokens, call.signal)
  return { request: plain, answer, ...(guarded && { trace: guarded.trace }) }
}

/** What CountTokens answers, after the directives that delay or fail a call. */
export async function countConversation(request: ConversationRequest, call: OperationCall): Promise<number> {
  await applyDirectives(readLastUserText(request), call)
  return countInputTokens(stripDirectives(request))
}
