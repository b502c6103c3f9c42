import type { JsonObject } from '../shapes/json.ts'
import type { GuardrailTrace } from './guard-answer.ts'
import { type GuardrailReference, nameGuardrail } from './reference.ts'

/** `trace.guardrail` of a ConverseResponse. */
export function renderConverseTrace(trace: GuardrailTrace, { identifier }: GuardrailReference): JsonObject {
  const id = nameGuardrail(identifier)
  return {
    modelOutput: trace.modelOutput,
    inputAssessment: { [id]: trace.inputAssessment },
    ...(trace.outputAssessment && { outputAssessments: { [id]: [trace.outputAssessment] } }),
    actionReason: trace.actionReason,
  }
}

/** What InvokeModel adds to a native body: the action always, the trace when asked for. */
export function renderNativeGuardrail(
  trace: GuardrailTrace,
  guardrail: GuardrailReference,
  traced: boolean,
): JsonObject {
  const id = nameGuardrail(guardrail.identifier)
  return {
    'amazon-bedrock-guardrailAction': trace.intervened ? 'INTERVENED' : 'NONE',
    ...(traced && {
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
