import { checkMediaKinds } from '../features/check-media-kinds.ts'
import type { ConversationWording } from '../messages.ts'
import type { Model } from '../models/resolve-model.ts'
import { checkNovaReasoning } from '../thinking/check-nova-reasoning.ts'
import { checkThinking } from '../thinking/check-thinking.ts'
import { checkClaude } from './check-claude.ts'
import { checkConverseMedia } from './check-converse-media.ts'
import { checkDocumentsHaveText, checkMedia } from './check-media.ts'
import { checkParameters } from './check-parameters.ts'
import { checkTools } from './check-tools.ts'
import { checkTurns } from './check-turns.ts'
import { joinTurns } from './join-turns.ts'
import type { ConversationRequest } from './types.ts'

/** Rules of a wire format for a conversation. */
export interface WireRules {
  readonly wording: ConversationWording
  /** True for Converse, which checks more than native bodies. */
  readonly isConverse: boolean
  /** True when the request has tools, or its format does not require them for tool blocks. */
  readonly toolsDeclared: boolean
}

/** Checks what Bedrock and its models refuse beyond the shape of a request. ValidationException with their messages. */
export function checkConversation(request: ConversationRequest, model: Model, rules: WireRules): void {
  checkTurns(request.turns, { ...rules, traits: model.traits })
  // Converse looks for the results of parallel tool uses in one message, Claude in consecutive ones.
  const turns = rules.isConverse ? request.turns : joinTurns(request.turns)
  checkTools({ ...request, turns }, rules.toolsDeclared, rules.wording)
  if (rules.isConverse) {
    checkMediaKinds(request.turns, model)
    checkDocumentsHaveText(request.turns)
    checkConverseMedia(request.turns, model)
  }
  checkMedia(request.turns, model)
  checkParameters(request, model, rules.wording)
  checkClaude(request, model, rules.wording)
  checkThinking(request, model, rules.wording)
  checkNovaReasoning(request, model, rules.wording)
}
