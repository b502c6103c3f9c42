import { BedrockError } from '../../core/errors.ts'

const FINISH_REASONS: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  guardrail_intervened: 'content_filter',
  content_filtered: 'content_filter',
}

/**
 * Turns Converse's stop reason into OpenAI's. A reason that is not known is `stop`.
 *
 * @param isFormat true if the answer is the input of a tool, so that the use of the tool is the normal end
 * @throws BedrockError ModelErrorException if the answer of the model is malformed
 */
export function toFinishReason(stopReason: string, isFormat: boolean): string {
  if (stopReason.startsWith('malformed_')) {
    throw new BedrockError('ModelErrorException', `The model's answer is malformed: its stop reason is ${stopReason}.`)
  }
  const reason = FINISH_REASONS[stopReason] ?? 'stop'
  return isFormat && reason === 'tool_calls' ? 'stop' : reason
}
