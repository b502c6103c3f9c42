import type { Bedrock, BedrockReply } from '../../bedrock/bedrock-client.ts'
import { OPERATIONS } from '../../bedrock/operations.ts'
import { BedrockError, RestError } from '../../core/errors.ts'
import { foundationModelId } from '../../models/model-id.ts'
import { countLocally } from './count-locally.ts'
import { asDocument, type Document, parseDocument } from './detailed-usage.ts'

/** An input's tokens, as Bedrock counted them or as they were estimated here. */
export interface TokenCount {
  readonly inputTokens: number
  readonly estimated: boolean
  /** Why they were estimated: what Bedrock answered. */
  readonly estimatedBecause?: string
  /** Kinds of content that are not among the estimated tokens. */
  readonly notCounted?: readonly string[]
}

/** A request of Bedrock's CountTokens. */
export function countRequest(modelId: string, body: Uint8Array) {
  const path = OPERATIONS.CountTokens.path.replace('{modelId}', encodeURIComponent(foundationModelId(modelId)))
  return { path, headers: { 'content-type': 'application/json' }, body }
}

/**
 * Whether Bedrock refused because it does not count for this model, or not for this caller. It counts for Claude alone;
 * there a ValidationException can be the input's fault, too, and is one unless it speaks of the model.
 */
export function isUncountable(error: unknown, modelId: string): error is RestError {
  if (!(error instanceof RestError)) return false
  if (error.name === 'AccessDeniedException') return true
  if (error.name !== 'ValidationException') return false
  return !foundationModelId(modelId).startsWith('anthropic.') || /support|model identifier/i.test(error.message)
}

/**
 * The local estimate of a CountTokens input, `{"converse": …}` or `{"invokeModel": {"body": …}}`.
 *
 * @param because what Bedrock answered
 * @throws BedrockError ValidationException for an input that cannot be estimated either
 */
export function estimateCount(input: Document, because: RestError): TokenCount {
  const counted = countLocally(readRequest(input))
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

function readRequest({ converse, invokeModel }: Document): Document {
  if (converse !== undefined) return asDocument(converse)
  const { body } = asDocument(invokeModel)
  return typeof body === 'string' ? parseDocument(Buffer.from(body, 'base64')) : asDocument(body)
}

export interface CountOptions {
  readonly bedrock: Bedrock
  readonly signal: AbortSignal
  readonly retry: boolean
}

/**
 * Counts an input for one of several models: the estimate stands wherever Bedrock's count cannot be had, as for an input
 * in another family's form, or throttling.
 *
 * @throws as estimateCount does; the signal's reason
 */
export async function countOrEstimate(
  modelId: string,
  input: Document,
  { bedrock, signal, retry }: CountOptions,
): Promise<TokenCount> {
  let reply: BedrockReply
  try {
    reply = await bedrock.send(countRequest(modelId, Buffer.from(JSON.stringify({ input }))), { signal, retry })
  } catch (error) {
    if (signal.aborted || !(error instanceof RestError)) throw error
    return estimateCount(input, error)
  }
  const { inputTokens } = parseDocument(reply.body)
  if (typeof inputTokens !== 'number') throw new Error('CountTokens was answered without a count')
  return { inputTokens, estimated: false }
}
