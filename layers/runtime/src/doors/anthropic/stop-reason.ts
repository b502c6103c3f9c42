import { RestError } from '../../core/errors.ts'

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
