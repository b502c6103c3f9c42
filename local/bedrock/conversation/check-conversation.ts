import type { ConversationWording } from '../messages.ts'
import type { Model } from '../models/resolve-model.ts'
import { checkDocumentsHaveText, checkMedia } from './check-media.ts'
import { checkParameters } from './check-parameters.ts'
import { checkTools } from './check-tools.ts'
import { checkTurns } from './check-turns.ts'
import type { ConversationRequest } from './types.ts'

/** Rules of a wire format for a conversation. */
export interface WireRules {
  readonly wording: ConversationWording
  /** User and assistant must alternate, the user first. */
  readonly alternate: boolean
  /** True when the request has tools, or its format does not require them for tool blocks. */
  readonly toolsDeclared: boolean
  readonly documentsNeedText: boolean
}

/** Checks what Bedrock and its models refuse beyond the shape of a request. ValidationException with their messages. */
export function checkConversation(request: ConversationRequest, model: Model, rules: WireRules): void {
  checkTurns(request.turns, { ...rules, refusesPrefill: model.traits.refusesPrefill })
  checkTools(request, rules.toolsDeclared, rules.wording)
  if (rules.documentsNeedText) checkDocumentsHaveText(request.turns)
  checkMedia(request.turns, model)
  checkParameters(request, model)
}
