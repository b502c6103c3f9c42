import type { JsonObject } from '../shapes/json.ts'
import type { Verdict } from './assess-texts.ts'
import { type MeasuredContent, measureCoverage, measureUsage } from './measure-usage.ts'
import { describeGuardrail, type GuardrailReference } from './reference.ts'

/** Adds metrics to a GuardrailAssessment. */
export function completeAssessment(
  { assessment }: Verdict,
  content: MeasuredContent,
  guardrail: GuardrailReference,
): JsonObject {
  return {
    ...assessment,
    invocationMetrics: {
      guardrailProcessingLatency: 1,
      usage: measureUsage(guardrail.policy, content),
      guardrailCoverage: measureCoverage(content),
    },
    appliedGuardrailDetails: describeGuardrail(guardrail),
  }
}

export const ACTION_REASONS: Readonly<Record<Verdict['outcome'], string>> = {
  passed: 'No action.',
  masked: 'Guardrail masked.',
  blocked: 'Guardrail blocked.',
}
