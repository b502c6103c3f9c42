/** Content that a guardrail assesses: a prompt or an answer. */
export type GuardrailSource = 'INPUT' | 'OUTPUT'

/** NONE reports without intervening; OFF skips the check. ANONYMIZE is for sensitive information only. */
export type Action = 'BLOCK' | 'ANONYMIZE' | 'NONE' | 'OFF'
export type Actions = Readonly<Record<GuardrailSource, Action>>

export type Confidence = 'LOW' | 'MEDIUM' | 'HIGH'
export type Strength = 'NONE' | Confidence

/** A guardrail's configuration. Phrases match in any case. */
export interface GuardrailPolicy {
  readonly topics: readonly TopicPolicy[]
  readonly filters: readonly FilterPolicy[]
  readonly words: readonly WordPolicy[]
  /** Uses the managed list of profanity. */
  readonly profanity?: Actions
  readonly entities: readonly EntityPolicy[]
  readonly regexes: readonly RegexPolicy[]
  readonly grounding: readonly GroundingPolicy[]
  readonly messages: Readonly<Record<GuardrailSource, string>>
}

export interface TopicPolicy {
  readonly name: string
  readonly phrases: readonly string[]
  readonly actions: Actions
}

export interface FilterPolicy {
  readonly type: FilterType
  readonly strengths: Readonly<Record<GuardrailSource, Strength>>
  readonly phrases: Readonly<Partial<Record<Confidence, readonly string[]>>>
  readonly actions: Actions
}

export const FILTER_TYPES = ['INSULTS', 'HATE', 'SEXUAL', 'VIOLENCE', 'MISCONDUCT', 'PROMPT_ATTACK'] as const
export type FilterType = (typeof FILTER_TYPES)[number]

export interface WordPolicy {
  readonly text: string
  readonly actions: Actions
}

export interface EntityPolicy {
  readonly type: string
  readonly actions: Actions
}

export interface RegexPolicy {
  readonly name: string
  readonly pattern: RegExp
  readonly actions: Actions
}

export interface GroundingPolicy {
  readonly type: 'GROUNDING' | 'RELEVANCE'
  readonly threshold: number
  readonly action: 'BLOCK' | 'NONE'
}
