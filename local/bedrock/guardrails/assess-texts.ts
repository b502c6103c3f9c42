import type { JsonObject } from '../shapes/json.ts'
import { breaches, measureConfidence } from './content-filters.ts'
import { type GroundingContext, measureGrounding } from './contextual-grounding.ts'
import { findPhrases, findWords } from './find-phrases.ts'
import type { Action, GuardrailPolicy, GuardrailSource } from './policy.ts'
import { PROFANITY } from './profanity.ts'
import { findSensitiveInformation, maskText } from './sensitive-information.ts'

export interface Verdict {
  readonly outcome: 'passed' | 'masked' | 'blocked'
  /** Texts with sensitive information masked; for a blocked verdict only the guardrail's message. */
  readonly texts: readonly string[]
  /** GuardrailAssessment without metrics: policies with findings, or all when `full`. */
  readonly assessment: JsonObject
}

export interface AssessmentOptions {
  /** Reports filters without findings too, except words and patterns, as in Bedrock. */
  readonly full?: boolean
  /** Texts for word lists, when more than `texts`. */
  readonly words?: readonly string[]
  /** Sources and query for contextual grounding. */
  readonly grounding?: GroundingContext
  /** False when the texts have already been sent, so that nothing can be masked. */
  readonly masks?: boolean
}

/** Assesses texts by a guardrail's policy. */
export function assessTexts(
  policy: GuardrailPolicy,
  texts: readonly string[],
  source: GuardrailSource,
  { full = false, words = texts, grounding, masks = true }: AssessmentOptions = {},
): Verdict {
  const topics = assessTopics(policy, texts, source, full)
  const filters = assessFilters(policy, texts, source, full)
  const { customWords, managedWordLists } = assessWords(policy, words, source)
  const sensitive = findSensitiveInformation(policy, texts, { source, masks, full })
  const { piiEntities, regexes } = sensitive
  const grounded = source === 'OUTPUT' && grounding ? measureGrounding(policy, texts, grounding, full) : []
  const found = [...topics, ...filters, ...customWords, ...managedWordLists, ...grounded]
  const isBlocked = sensitive.isBlocked || found.some(({ action }) => action === 'BLOCKED')
  return {
    outcome: isBlocked ? 'blocked' : sensitive.isMasked ? 'masked' : 'passed',
    texts: isBlocked ? [policy.messages[source]] : masks ? texts.map((text) => maskText(policy, text, source)) : texts,
    assessment: {
      ...(topics.length > 0 && { topicPolicy: { topics } }),
      ...(filters.length > 0 && { contentPolicy: { filters } }),
      ...(customWords.length + managedWordLists.length > 0 && { wordPolicy: { customWords, managedWordLists } }),
      ...(piiEntities.length + regexes.length > 0 && { sensitiveInformationPolicy: { piiEntities, regexes } }),
      ...(grounded.length > 0 && { contextualGroundingPolicy: { filters: grounded } }),
    },
  }
}

function assessTopics(
  { topics }: GuardrailPolicy,
  texts: readonly string[],
  source: GuardrailSource,
  full: boolean,
): JsonObject[] {
  return topics.flatMap(({ name, phrases, actions }) => {
    const detected = actions[source] !== 'OFF' && findPhrases(phrases, texts).length > 0
    const isReported = detected || (full && actions[source] !== 'OFF')
    return isReported ? [{ name, type: 'DENY', action: detected ? outcomeOf(actions[source]) : 'NONE', detected }] : []
  })
}

function assessFilters(
  { filters }: GuardrailPolicy,
  texts: readonly string[],
  source: GuardrailSource,
  full: boolean,
): JsonObject[] {
  return filters.flatMap((filter) => {
    const filterStrength = filter.strengths[source]
    const action = filter.actions[source]
    if (action === 'OFF' || filterStrength === 'NONE') return []
    const confidence = measureConfidence(filter, texts)
    const detected = breaches(filterStrength, confidence)
    const outcome = detected ? outcomeOf(action) : 'NONE'
    return detected || full ? [{ type: filter.type, confidence, filterStrength, action: outcome, detected }] : []
  })
}

function assessWords(
  { words, profanity }: GuardrailPolicy,
  texts: readonly string[],
  source: GuardrailSource,
): { customWords: JsonObject[]; managedWordLists: JsonObject[] } {
  const isFound = ({ text, actions }: GuardrailPolicy['words'][number]): boolean =>
    actions[source] !== 'OFF' && findWords([text], texts).length > 0
  const curses = profanity && profanity[source] !== 'OFF' ? findWords(PROFANITY, texts) : []
  return {
    customWords: words
      .filter(isFound)
      .map(({ text, actions }) => ({ match: text, action: outcomeOf(actions[source]), detected: true })),
    managedWordLists: curses.map((match) => ({
      match,
      type: 'PROFANITY',
      action: outcomeOf(profanity?.[source] ?? 'NONE'),
      detected: true,
    })),
  }
}

function outcomeOf(action: Action): 'BLOCKED' | 'NONE' {
  return action === 'BLOCK' ? 'BLOCKED' : 'NONE'
}
