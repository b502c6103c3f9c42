import type { JsonObject } from '../shapes/json.ts'
import type { Guarding, GuardrailTrace } from './guard-answer.ts'
import { nameGuardrail } from './reference.ts'

/** Renders `trace.guardrail` of a ConverseResponse. */
export function renderConverseTrace(trace: GuardrailTrace, { guardrail }: Guarding): JsonObject {
  const id = nameGuardrail(guardrail.identifier)
  return {
    modelOutput: trace.modelOutput,
    inputAssessment: { [id]: trace.inputAssessment },
    ...(trace.outputAssessment && { outputAssessments: { [id]: [trace.outputAssessment] } }),
    actionReason: trace.actionReason,
  }
}

/** Renders the members that InvokeModel adds to a native body: the action, and the trace when requested. */
export function renderNativeGuardrail(trace: GuardrailTrace, { guardrail, isTraced }: Guarding): JsonObject {
  const id = nameGuardrail(guardrail.identifier)
  return {
    'amazon-bedrock-guardrailAction': trace.intervened ? 'INTERVENED' : 'NONE',
    ...(isTraced && {
      'amazon-bedrock-trace': {
        guardrail: {
          input: { [id]: trace.inputAssessment },
          outputs: trace.outputAssessment ? [{ [id]: trace.outputAssessment }] : [],
          modelOutput: trace.modelOutput,
          actionReason: trace.actionReason,
        },
      },
    }),
  }
}
