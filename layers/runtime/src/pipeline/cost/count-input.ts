import type { Bedrock, BedrockRequest } from '../../bedrock/bedrock-client.ts'
import { OPERATIONS } from '../../bedrock/operations.ts'
import { toBedrockRequest } from '../../bedrock/to-bedrock-request.ts'
import { BedrockError, RestError } from '../../core/errors.ts'
import { asObject, isObject, type JsonValue, type PlainObject, parseObject } from '../../json/json-document.ts'
import { foundationModelId } from '../../models/model-id.ts'
import { RESOLUTION } from '../../models/resolution.ts'
import { countLocally } from './count-locally.ts'

/** Number of tokens of an input, counted by Bedrock or estimated by the suite. */
export interface TokenCount {
  readonly inputTokens: number
  readonly estimated: boolean
  /** Reason for the estimate: the message of Bedrock's error. */
  readonly estimatedBecause?: string
  /** Kinds of content that the estimate leaves out. */
  readonly notCounted?: readonly string[]
}

/** Makes a request of CountTokens, which accepts foundation models only. */
export function countRequest(modelId: string, body: Uint8Array): BedrockRequest {
  return toBedrockRequest(OPERATIONS.CountTokens, {
    labels: { modelId: foundationModelId(modelId) },
    headers: {},
    body,
  })
}

/**
 * Whether Bedrock refused because it does not count for this model or this caller. The refusal of a model that the suite does
 * not know is a refusal of the request.
 */
export function isUncountable(error: unknown, modelId: string): error is RestError {
  if (!(error instanceof RestError)) return false
  if (error.name === 'AccessDeniedException') return true
  if (error.name !== 'ValidationException') return false
  const baseId = foundationModelId(modelId)
  if (/model identifier/i.test(error.message)) return Object.hasOwn(RESOLUTION.models, baseId)
  // Bedrock counts for Claude only. For Claude, a ValidationException is about the input unless it mentions support.
  return !baseId.startsWith('anthropic.') || /support/i.test(error.message)
}

/**
 * Estimates the tokens of a CountTokens input, `{"converse": …}` or `{"invokeModel": {"body": …}}`.
 *
 * @param because Bedrock's error
 * @throws BedrockError ValidationException for an input that cannot be estimated
 */
export function estimateCount(input: JsonValue | undefined, because: RestError): TokenCount {
  const counted = countLocally(readRequest(asObject(input?.parse())))
  if (!counted) {
    throw new BedrockError(
      'ValidationException',
      `Bedrock did not count the input's tokens (${because.message}), and its form is not known here: input must hold converse with messages, or invokeModel with a body that has messages, a prompt or texts.`,
      { cause: because },
    )
  }
  const { inputTokens, notCounted } = counted
  return {
    inputTokens,
    estimated: true,
    estimatedBecause: because.message,
    ...(notCounted.length > 0 && { notCounted }),
  }
}

function readRequest({ converse, invokeModel }: PlainObject): PlainObject {
  if (isObject(converse)) return converse
  const { body } = asObject(invokeModel)
  return typeof body === 'string' ? parseObject(Buffer.from(body, 'base64')) : asObject(body)
}

export interface CountOptions {
  readonly bedrock: Bedrock
  readonly signal: AbortSignal
  readonly retry: boolean
}

/**
 * Counts an input for one of several models, or estimates it if Bedrock does not count it: for example for an input in
 * another family's format, or when Bedrock throttles.
 *
 * @param body body of CountTokens, with `input`
 * @throws the errors of estimateCount; the signal's reason
 */
export async function countOrEstimate(
  modelId: string,
  body: Uint8Array,
  input: JsonValue,
  { bedrock, signal, retry }: CountOptions,
): Promise<TokenCount> {
  const counted = await bedrock.send(countRequest(modelId, body), { signal, retry }).catch((error: unknown) => {
    if (signal.aborted || !(error instanceof RestError)) throw error
    return estimateCount(input, error)
  })
  if ('estimated' in counted) return counted
  const { inputTokens } = parseObject(counted.body)
  if (typeof inputTokens !== 'number') throw new Error('the answer of CountTokens has no count')
  return { inputTokens, estimated: false }
}
