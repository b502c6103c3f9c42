export {
  type ContentGuarding,
  createGuardrailStage,
  GUARDRAIL_HEADER,
  type GuardrailOptions,
  type GuardrailTrace,
  type StreamProcessingMode,
} from './guardrail-stage.ts'
export { readGuardrailOptions } from './read-guardrail-options.ts'
