import type { CallStage } from '../../core/model-call.ts'
import { createConverseGuard } from './guard-converse.ts'
import { createInvokeGuard } from './guard-invoke.ts'

export type GuardrailTrace = 'enabled' | 'disabled' | 'enabled_full'
export type StreamProcessingMode = 'sync' | 'async'
/** AWS's own words for account-enforced guardrails (SelectiveContentGuarding of the service model of bedrock). */
export type ContentGuarding = 'COMPREHENSIVE' | 'SELECTIVE'

export interface GuardrailOptions {
  /** Id or ARN. */
  readonly guardrailIdentifier: string
  /** `DRAFT` or a number. */
  readonly guardrailVersion: string
  /** For callers that say nothing of it. */
  readonly trace?: GuardrailTrace | undefined
  /** `sync` binds callers, since `async` shows what is blocked later and masks nothing; `async` is for who says nothing. */
  readonly streamProcessingMode?: StreamProcessingMode | undefined
  /**
   * COMPREHENSIVE (the default): the guardrail looks at all that Bedrock would show it; marks by which a caller takes
   * content out of its sight are refused. SELECTIVE: callers may mark what it looks at.
   */
  readonly contentGuarding?: ContentGuarding | undefined
}

/** Says to the caller which guardrail looked at the call, as `id:version`. */
export const GUARDRAIL_HEADER = 'x-bedrock-functions-guardrail'

/**
 * Puts the stack's guardrail on every call of a model, so that no caller can leave it out, replace it or hide content
 * from it. The last of the stages that change a document or headers: what comes after it could undo it.
 *
 * @throws BedrockError AccessDeniedException for another guardrail or version, ValidationException for content that is
 *   taken out of its sight and for documents in which Bedrock could read something else than we do
 */
export function createGuardrailStage(options: GuardrailOptions): CallStage {
  const guards = {
    Converse: createConverseGuard(options, false),
    ConverseStream: createConverseGuard(options, true),
    InvokeModel: createInvokeGuard(options, false),
    InvokeModelWithResponseStream: createInvokeGuard(options, true),
  } as const
  // What is shown whole loses nothing by waiting, and is masked as an answer is that does not stream.
  const guardWhole = createConverseGuard({ ...options, streamProcessingMode: 'sync' }, true)
  const applied = `${options.guardrailIdentifier.replace(/^.*\//, '')}:${options.guardrailVersion}`
  return (call) => ({
    ...call,
    ...(call.isShownWhole && call.operation === 'ConverseStream' ? guardWhole(call) : guards[call.operation](call)),
    replyHeaders: { ...call.replyHeaders, [GUARDRAIL_HEADER]: applied },
  })
}
