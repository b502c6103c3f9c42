import { readText } from '../conversation/read-text.ts'
import type { AnswerBlock, ContentBlock, ConversationRequest, ModelAnswer, Turn } from '../conversation/types.ts'
import type { JsonObject } from '../shapes/json.ts'
import { assessTexts, type Verdict } from './assess-texts.ts'
import { measureCoverage, measureUsage } from './measure-usage.ts'
import { describeGuardrail, type GuardrailReference } from './reference.ts'

/** What a guardrail saw on the way in and out; `output` is missing when the input was blocked. */
export interface GuardrailTrace {
  readonly intervened: boolean
  readonly inputAssessment: JsonObject
  readonly outputAssessment?: JsonObject
  /** The model's own words. */
  readonly modelOutput: readonly string[]
  readonly actionReason: string
}

export interface GuardedAnswer {
  readonly answer: ModelAnswer
  readonly trace: GuardrailTrace
}

/**
 * Asks the model behind a guardrail: blocked input is never seen by it, masked input only masked, and its answer goes
 * through the same policy. `tag` limits the check of the input to what stands between such tags.
 */
export async function guardAnswer(
  request: ConversationRequest,
  guardrail: GuardrailReference,
  ask: (request: ConversationRequest) => Promise<ModelAnswer>,
  tag?: string,
): Promise<GuardedAnswer> {
  const inputs = collectInput(request.turns, tag)
  const input = assessTexts(inputs, 'INPUT')
  const inputAssessment = completeAssessment(input, inputs, guardrail)
  if (input.outcome === 'blocked') {
    return { answer: blockedAnswer(input), trace: { ...describe(input), inputAssessment, modelOutput: [] } }
  }
  const answer = await ask(input.outcome === 'masked' ? maskInput(request) : request)
  const outputs = answer.blocks.flatMap((block) => (block.kind === 'text' ? [block.text] : []))
  const output = assessTexts(outputs, 'OUTPUT')
  return {
    answer: replaceText(answer, output),
    trace: {
      ...describe(output.outcome === 'passed' ? input : output),
      inputAssessment,
      outputAssessment: completeAssessment(output, outputs, guardrail),
      modelOutput: outputs,
    },
  }
}

/** A GuardrailAssessment with its metrics. */
export function completeAssessment(
  verdict: Verdict,
  texts: readonly string[],
  guardrail: GuardrailReference,
): JsonObject {
  return {
    ...verdict.assessment,
    invocationMetrics: {
      guardrailProcessingLatency: 1,
      usage: measureUsage(texts),
      guardrailCoverage: measureCoverage(texts),
    },
    appliedGuardrailDetails: describeGuardrail(guardrail),
  }
}

export const ACTION_REASONS: Readonly<Record<Verdict['outcome'], string>> = {
  passed: 'No action.',
  masked: 'Guardrail masked.',
  blocked: 'Guardrail blocked.',
}

function describe({ outcome }: Verdict): { intervened: boolean; actionReason: string } {
  return { intervened: outcome !== 'passed', actionReason: ACTION_REASONS[outcome] }
}

/** Guarded blocks alone where there are any, then tagged text alone, else all that the user wrote. */
function collectInput(turns: readonly Turn[], tag: string | undefined): string[] {
  const blocks = turns.filter(({ role }) => role === 'user').flatMap((turn) => turn.blocks)
  const guarded = blocks.filter((block) => block.kind === 'text' && block.guarded)
  const text = readText(guarded.length > 0 ? guarded : blocks)
  if (tag === undefined) return [text]
  const name = `amazon-bedrock-guardrails-guardContent_${tag}`
  const opened = text.split(`<${name}>`).slice(1)
  const tagged = opened.flatMap((part) => (part.includes(`</${name}>`) ? part.split(`</${name}>`, 1) : []))
  return tagged.length > 0 ? tagged : [text]
}

function maskInput(request: ConversationRequest): ConversationRequest {
  const mask = (block: ContentBlock): ContentBlock =>
    block.kind === 'text' ? { ...block, text: assessTexts([block.text], 'INPUT').texts[0] ?? '' } : block
  return {
    ...request,
    turns: request.turns.map((turn) => (turn.role === 'user' ? { ...turn, blocks: turn.blocks.map(mask) } : turn)),
  }
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
