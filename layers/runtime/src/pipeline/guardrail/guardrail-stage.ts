import { REPLY_HEADERS } from '../reply-headers.ts'
import type { CallStage } from '../stage.ts'
import { createConverseGuard } from './guard-converse.ts'
import { createInvokeGuard } from './guard-invoke.ts'
import { type GuardrailOptions, guardrailId } from './guardrail-rules.ts'

/**
 * Puts the stack's guardrail on every call of a model, so that no caller can leave it out, replace it or hide content from
 * it. It is the last of the stages: a later one could undo it.
 *
 * @throws BedrockError AccessDeniedException for another guardrail or version; ValidationException for hidden content, and
 *   for documents that Bedrock could read in another way than we do
 */
export function createGuardrailStage(options: GuardrailOptions): CallStage {
  const guards = {
    Converse: createConverseGuard(options, false),
    ConverseStream: createConverseGuard(options, true),
    InvokeModel: createInvokeGuard(options, false),
    InvokeModelWithResponseStream: createInvokeGuard(options, true),
  } as const
  // An answer that is shown whole loses nothing by waiting, and is masked as one that does not stream.
  const guardWhole = createConverseGuard({ ...options, streamProcessingMode: 'sync' }, true)
  const applied = `${guardrailId(options.guardrailIdentifier)}:${options.guardrailVersion}`
  return (call, document) => {
    const guard = call.isShownWhole && call.operation === 'ConverseStream' ? guardWhole : guards[call.operation]
    return { ...guard(call, document), replyHeaders: { [REPLY_HEADERS.guardrail]: applied } }
  }
}
