import type { Bedrock } from '../../bedrock/bedrock-client.ts'
import { OPERATIONS } from '../../bedrock/operations.ts'
import { toBedrockRequest } from '../../bedrock/to-bedrock-request.ts'
import { BedrockError, RestError } from '../../core/errors.ts'
import { pickRequestId } from '../../core/model-call.ts'
import { type JsonEdit, replaceValue } from '../../json/edit-json.ts'
import { isObject, type JsonValue, parseObject } from '../../json/json-document.ts'
import { REPLY_HEADERS } from '../reply-headers.ts'
import type { GuardrailOptions } from './guardrail-options.ts'
import { guardrailId } from './guardrail-rules.ts'

export interface CheckOptions extends GuardrailOptions {
  /** Name of the texts in errors. */
  readonly what: string
}

/**
 * Evaluates texts with ApplyGuardrail: those that the guardrail of the call itself does not evaluate.
 *
 * @returns edits that apply the guardrail's masks
 * @throws BedrockError ValidationException for a blocked text; RestError if ApplyGuardrail fails
 */
export async function checkTexts(
  texts: readonly JsonValue[],
  { guardrailIdentifier, guardrailVersion, what }: CheckOptions,
  bedrock: Pick<Bedrock, 'send'>,
  signal: AbortSignal,
): Promise<JsonEdit[]> {
  if (texts.length === 0) return []
  const content = texts.map(({ text }) => ({ text: { text } }))
  const request = toBedrockRequest(OPERATIONS.ApplyGuardrail, {
    labels: { guardrailIdentifier, guardrailVersion },
    headers: {},
    body: Buffer.from(JSON.stringify({ source: 'INPUT', content })),
  })
  const { headers, body } = await bedrock.send(request, { signal, retry: true }).catch((error: unknown) => {
    if (!(error instanceof RestError)) throw error
    const { name, statusCode, details } = error
    const message = `${error.message} (ApplyGuardrail, for ${what})`
    throw new RestError(name, statusCode, message, { details, headers: error.headers, cause: error })
  })
  const { action, outputs, assessments } = parseObject(body)
  if (action === 'NONE') return []
  const masked = Array.isArray(outputs) ? outputs.map((output) => (isObject(output) ? output.text : undefined)) : []
  const isMasked = !holdsBlock(assessments) && masked.length === texts.length
  if (!isMasked) {
    const id = `${guardrailId(guardrailIdentifier)}:${guardrailVersion}`
    throw new BedrockError('ValidationException', `This stack's guardrail, ${id}, blocked ${what}: ${masked[0]}`, {
      headers: { ...pickRequestId(headers), [REPLY_HEADERS.guardrail]: id },
    })
  }
  return texts.map((text, index) => replaceValue(text, JSON.stringify(masked[index])))
}

/** Tests whether any policy of an assessment blocked. Source: the API reference, GuardrailAssessment. */
function holdsBlock(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsBlock)
  if (!isObject(value)) return false
  return value.action === 'BLOCKED' || Object.values(value).some(holdsBlock)
}
