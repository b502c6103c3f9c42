import { BedrockError } from '@bedrock-functions/runtime/core'

/** Further members of an OpenAI error. */
export interface ErrorPlace {
  readonly param?: string | null
  readonly code?: string | null
}

/** Creates a refusal of a door that names the member at fault. */
export function contractError(message: string, { param = null, code = null }: ErrorPlace = {}): BedrockError {
  return new BedrockError('ValidationException', message, { details: { param, code } })
}
