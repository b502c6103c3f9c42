import { RestError } from '../../core/errors.ts'
import { asObject, type PlainObject } from '../../json/json-document.ts'

/** Stop reasons of Converse whose name differs in Anthropic's API. */
const STOP_REASONS: Readonly<Record<string, string>> = {
  content_filtered: 'refusal',
  guardrail_intervened: 'refusal',
}

/** @throws RestError ModelErrorException for an answer that is broken */
export function toStopReason(stopReason: string): string {
  if (stopReason.startsWith('malformed_')) {
    throw new RestError('ModelErrorException', 424, `The model's answer is malformed: ${stopReason}.`)
  }
  return STOP_REASONS[stopReason] ?? stopReason
}

/** Reads the sequence that stopped the model, from an answer of Converse or its event `messageStop`. Only Claude tells it. */
export function toStopSequence(answer: PlainObject): string | null {
  const { stop_sequence: sequence } = asObject(answer.additionalModelResponseFields)
  return typeof sequence === 'string' ? sequence : null
}
