import type { Bedrock, BedrockRequest } from '../../bedrock/bedrock-client.ts'
import { OPERATIONS } from '../../bedrock/operations.ts'
import { toBedrockRequest } from '../../bedrock/to-bedrock-request.ts'
import { BedrockError, RestError } from '../../core/errors.ts'
import { asObject, isObject, type JsonValue, type PlainObject, parseObject } from '../../json/json-document.ts'
import { foundationModelId } from '../../models/model-id.ts'
import { RESOLUTION } from '../../models/resolution.ts'
import { countLocally } from './count-locally.ts'

/** The tokens of an input, as Bedrock counted them or as the suite estimated them. */
export interface TokenCount {
  readonly inputTokens: number
  readonly estimated: boolean
  /** The reason of the estimate: Bedrock's answer. */
  readonly estimatedBecause?: string
  /** Kinds of content that are not among the estimated tokens. */
  readonly notCounted?: readonly string[]
}

/** A request of Bedrock's CountTokens, which takes foundation models only. */
export function countRequest(modelId: string, body: Uint8Array): BedrockRequest {
  return toBedrockRequest(OPERATIONS.CountTokens, {
    labels: { modelId: foundationModelId(modelId) },
    headers: {},
    body,
  })
}

/**
 * Whether Bedrock refused because it does not count for this model, or not for this caller. A refusal of a model that is not
 * known either is a refusal of the request.
 */
export function isUncountable(error: unknown, modelId: string): error is RestError {
  if (!(error instanceof RestError)) return false
  if (error.name === 'AccessDeniedException') return true
  if (error.name !== 'ValidationException') return false
  const baseId = foundationModelId(modelId)
  if (/model identifier/i.test(error.message)) return Object.hasOwn(RESOLUTION.models, baseId)
  // Bedrock counts for Claude alone; there a ValidationException is the input's fault unless it is about support.
  return !baseId.startsWith('anthropic.') || /support/i.test(error.message)
}

/**
 * Estimates a CountTokens input, `{"converse": …}` or `{"invokeModel": {"body": …}}`.
 *
 * @param because Bedrock's answer
 * @throws BedrockError ValidationException for an input that cannot be estimated either
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
 * Counts an input for one of several models. It is estimated wherever Bedrock does not count it, as for an input in another
 * family's form, or when it throttles.
 *
 * @param body of CountTokens, with `input`
 * @throws as estimateCount does; the signal's reason
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
  if (typeof inputTokens !== 'number') throw new Error('CountTokens was answered without a count')
  return { inputTokens, estimated: false }
}
