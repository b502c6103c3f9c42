import { countInputTokens, exceedsTokens } from '../conversation/count-tokens.ts'
import { stripDirectives } from '../conversation/strip-directives.ts'
import type { ConversationRequest } from '../conversation/types.ts'
import { type ConversationWording, overflowMessages as messages } from '../messages.ts'
import type { Model } from '../models/resolve-model.ts'

/** Sizes in tokens. */
export interface OverflowSizes {
  readonly input: number
  /** `maxTokens` of the request; 0 without it. */
  readonly output: number
  readonly window: number
}

/**
 * Describes in the words of the model that a conversation is longer than its context window.
 *
 * @returns undefined for one that fits, and where no window is known
 */
export function findOverflow(
  request: ConversationRequest,
  { traits }: Model,
  wording: ConversationWording,
): string | undefined {
  const { contextTokens: window, overflow = 'inputTooLong', countsMaxTokens } = traits
  if (window === undefined) return undefined
  const output = request.parameters.maxTokens ?? 0
  const countsOutput = countsMaxTokens || overflow === 'requestLength'
  // Most requests are short: their characters alone show that they fit.
  if (!exceedsTokens(request, window - (countsOutput ? output : 0))) return undefined
  const sizes = { input: countInputTokens(stripDirectives(request)), output, window }
  if (sizes.input > window) return wording.fromModel(messages[overflow](sizes))
  if (!countsOutput || sizes.input + output <= window) return undefined
  return wording.fromModel(overflow === 'requestLength' ? messages.requestLength(sizes) : messages.sumTooLong(sizes))
}

/** True if ConverseStream sends the refusal as the first event of its stream, after the status 200. */
export function refusesInStream({ traits }: Model): boolean {
  return traits.overflow === 'inputExceeded' || traits.overflow === 'contextLength'
}
