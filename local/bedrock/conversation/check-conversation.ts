import type { ConversationWording } from '../messages.ts'
import type { Model } from '../models/resolve-model.ts'
import { checkDocumentsHaveText, checkMedia } from './check-media.ts'
import { checkParameters } from './check-parameters.ts'
import { checkTools } from './check-tools.ts'
import { checkTurns } from './check-turns.ts'
import type { ConversationRequest } from './types.ts'

/** What a wire format asks of a conversation. */
export interface WireRules {
  readonly wording: ConversationWording
  /** User and assistant take turns, the user first. */
  readonly alternate: boolean
  /** Whether the request has tools, or its format does not ask for them when tool blocks appear. */
  readonly toolsDeclared: boolean
  readonly documentsNeedText: boolean
}

/** Everything that Bedrock and its models refuse beyond the shape of a request; ValidationException with their words. */
export function checkConversation(request: ConversationRequest, model: Model, rules: WireRules): void {
  checkTurns(request.turns, { ...rules, refusesPrefill: model.traits.refusesPrefill })
  checkTools(request, rules.toolsDeclared, rules.wording)
  if (rules.documentsNeedText) checkDocumentsHaveText(request.turns)
  checkMedia(request.turns)
  checkParameters(request, model)
}
