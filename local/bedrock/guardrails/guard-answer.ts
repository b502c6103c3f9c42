import type { AnswerBlock, ConversationRequest, ModelAnswer } from '../conversation/types.ts'
import type { JsonObject } from '../shapes/json.ts'
import { assessTexts, type Verdict } from './assess-texts.ts'
import { ACTION_REASONS, completeAssessment } from './complete-assessment.ts'
import { changeInput, type GuardedInput, selectInput } from './guarded-input.ts'
import type { GuardrailReference } from './reference.ts'
import { maskText } from './sensitive-information.ts'

/** Guardrail settings of a request. */
export interface Guarding {
  readonly guardrail: GuardrailReference
  /** Suffix of the tags around guarded text. */
  readonly tag?: string | undefined
  /** Adds the trace to the answer. */
  readonly isTraced: boolean
  /** Reports filters without findings too. */
  readonly full: boolean
  /** Sends a stream's pieces before they are assessed. */
  readonly isAsynchronous: boolean
}

/** Assessments of input and output; no `output` when the input was blocked. */
export interface GuardrailTrace {
  readonly intervened: boolean
  readonly inputAssessment: JsonObject
  readonly outputAssessment?: JsonObject
  /** Texts of the model. */
  readonly modelOutput: readonly string[]
  readonly actionReason: string
}

export interface GuardedAnswer {
  readonly answer: ModelAnswer
  readonly trace: GuardrailTrace
}

/**
 * Calls the model behind a guardrail. The model never sees blocked input, and sees masked input masked. The same policy
 * applies to its answer.
 */
export async function guardAnswer(
  request: ConversationRequest,
  guarding: Guarding,
  ask: (request: ConversationRequest) => Promise<ModelAnswer>,
): Promise<GuardedAnswer> {
  const entry = guardInput(request, guarding)
  if (entry.blocked) return entry.blocked
  const answer = await ask(entry.request)
  const outputs = answer.blocks.flatMap((block) => (block.kind === 'text' ? [block.text] : []))
  const output = assessOutput(outputs, entry.input, guarding)
  return { answer: replaceText(answer, output.verdict), trace: describeOutput(entry, output, outputs) }
}

/** A request after the assessment of its input. */
export interface GuardedEntry {
  /** Request for the model, masked. */
  readonly request: ConversationRequest
  readonly input: GuardedInput
  readonly verdict: Verdict
  readonly inputAssessment: JsonObject
  /** Answer instead of the model's, for blocked input. */
  readonly blocked?: GuardedAnswer
}

export function guardInput(request: ConversationRequest, { guardrail, tag, full }: Guarding): GuardedEntry {
  const { policy } = guardrail
  const input = selectInput(request, tag)
  const { texts, everything } = input
  const verdict = assessTexts(policy, texts, 'INPUT', { full, words: everything })
  const inputAssessment = completeAssessment(verdict, { texts, unguarded: unguardedIn(input) }, guardrail)
  const masked =
    verdict.outcome === 'masked' ? changeInput(request, tag, (text) => maskText(policy, text, 'INPUT')) : request
  const entry = { request: masked, input, verdict, inputAssessment }
  if (verdict.outcome !== 'blocked') return entry
  const trace = { ...describe(verdict), inputAssessment, modelOutput: [] }
  return { ...entry, blocked: { answer: blockedAnswer(verdict), trace } }
}

export interface AssessedOutput {
  readonly verdict: Verdict
  readonly assessment: JsonObject
}

/** Assesses an answer; `masks` is false for text that has already been sent. */
export function assessOutput(
  outputs: readonly string[],
  { sources, queries }: GuardedInput,
  { guardrail, full }: Guarding,
  masks = true,
): AssessedOutput {
  const verdict = assessTexts(guardrail.policy, outputs, 'OUTPUT', { full, masks, grounding: { sources, queries } })
  const grounding = sources.length > 0 && queries.length > 0 ? [...sources, ...queries] : []
  return { verdict, assessment: completeAssessment(verdict, { texts: outputs, grounding }, guardrail) }
}

export function describeOutput(
  { verdict: input, inputAssessment }: GuardedEntry,
  { verdict: output, assessment }: AssessedOutput,
  modelOutput: readonly string[],
): GuardrailTrace {
  return {
    ...describe(output.outcome === 'passed' ? input : output),
    inputAssessment,
    outputAssessment: assessment,
    modelOutput,
  }
}

function describe({ outcome }: Verdict): { intervened: boolean; actionReason: string } {
  return { intervened: outcome !== 'passed', actionReason: ACTION_REASONS[outcome] }
}

function unguardedIn({ texts, everything }: GuardedInput): number {
  return Math.max(0, everything.join('').length - texts.join('').length)
}

function blockedAnswer({ texts }: Verdict): ModelAnswer {
  return {
    blocks: [{ kind: 'text', text: texts.join('\n') }],
    stopReason: 'guardrail_intervened',
    usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
  }
}

function replaceText(answer: ModelAnswer, { outcome, texts }: Verdict): ModelAnswer {
  if (outcome === 'passed') return answer
  const replaced = texts.map((text): AnswerBlock => ({ kind: 'text', text }))
  const kept = outcome === 'blocked' ? [] : answer.blocks.filter(({ kind }) => kind !== 'text')
  return { blocks: [...replaced, ...kept], stopReason: 'guardrail_intervened', usage: answer.usage }
}
