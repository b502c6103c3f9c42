import { type ConversationWording, featureMessages as messages, validationError } from '../messages.ts'
import type { Model } from '../models/resolve-model.ts'
import type { JsonObject } from '../shapes/json.ts'
import { readStrings } from '../shapes/read-json.ts'

/**
 * Checks `anthropic_beta` of Claude's body, or of the members that Converse adds to it. ValidationException for a value that
 * the model does not know.
 */
export function checkBetas(body: JsonObject, { traits }: Model, wording: ConversationWording): void {
  const { betas } = traits
  if (betas && readStrings(body.anthropic_beta).some((beta) => !betas.includes(beta))) {
    throw validationError(wording.fromModel(messages.beta))
  }
}
