import '../../core/index.ts'
import type { Bedrock } from '../../bedrock/bedrock-client.ts'
import { isConverse } from '../../core/model-call.ts'
import { REPLY_HEADERS } from '../reply-headers.ts'
import type { CallStage } from '../stage.ts'
import { checkTexts } from './check-texts.ts'
import { findSpokenTexts } from './find-spoken-texts.ts'
import { findSystemTexts } from './find-system-texts.ts'
import { createConverseGuard } from './guard-converse.ts'
import { createInvokeGuard } from './guard-invoke.ts'
import type { GuardrailOptions } from './guardrail-options.ts'
import { guardrailId, guardsSystem, requireUniqueNames } from './guardrail-rules.ts'

/**
 * Creates the stage that adds the stack's guardrail to every call of a model. Callers cannot omit it, replace it or hide
 * content from it. It must be the last stage, since a later one could undo it.
 *
 * The stage throws BedrockError AccessDeniedException for another guardrail or version, and ValidationException for hidden
 * content and for documents that parsers read differently.
 */
export function createGuardrailStage(options: GuardrailOptions, bedrock: Pick<Bedrock, 'send'>): CallStage {
  const guards = {
    Converse: createConverseGuard(options, false),
    ConverseStream: createConverseGuard(options, true),
    InvokeModel: createInvokeGuard(options, false),
    InvokeModelWithResponseStream: createInvokeGuard(options, true),
    // Its headers and its member in the body are those of InvokeModel.
    OpenAIChatCompletions: createInvokeGuard(options, true),
  } as const
  // An answer that is shown only as a whole is processed synchronously, so that it is masked.
  const guardWhole = createConverseGuard({ ...options, streamProcessingMode: 'sync' }, true)
  const applied = `${guardrailId(options.guardrailIdentifier)}:${options.guardrailVersion}`
  return (call, document, signal) => {
    const replyHeaders = { [REPLY_HEADERS.guardrail]: applied }
    if (call.operation === 'ConverseAudio') {
      if (!document) return {}
      requireUniqueNames(document.root)
      const spoken = findSpokenTexts(document.root, guardsSystem(options))
      return checkTexts(spoken, { ...options, what: 'a text' }, bedrock, signal).then((edits) => ({
        edits,
        replyHeaders,
      }))
    }
    if (call.operation === 'AnthropicMessages' || call.operation === 'OpenAIResponses') {
      throw new Error(`${call.operation} of Bedrock has no guardrail`)
    }
    const guard = call.isShownWhole && call.operation === 'ConverseStream' ? guardWhole : guards[call.operation]
    const { edits = [], ...outcome } = guard(call, document)
    const guarded = { ...outcome, edits, replyHeaders }
    if (isConverse(call.operation) || !document || !guardsSystem(options)) return guarded
    const texts = findSystemTexts(document.root)
    if (texts.length === 0) return guarded
    return checkTexts(texts, { ...options, what: 'the system prompt' }, bedrock, signal).then((masks) => ({
      ...guarded,
      edits: [...edits, ...masks],
    }))
  }
}
