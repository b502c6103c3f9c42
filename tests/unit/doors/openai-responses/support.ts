import {
  createResponses,
  type ResponsesCall,
  type StoredContext,
} from '../../../../layers/runtime/src/doors/openai-responses/responses.ts'
import { createSealer } from '../../../../layers/runtime/src/doors/openai-responses/seal-reasoning.ts'
import { NOVA, type PlanOptions } from '../openai-chat/support.ts'

export { CLAUDE_4_5, CLAUDE_5, framesOf, GPT_OSS, NOVA, NOVA_2 } from '../openai-chat/support.ts'

export const sealer = createSealer(['secret'])
export const responses = createResponses({ sealer, hasStore: true })

/** Plans a request that is given as JSON text, or as an object without `model` and, by default, with one message. */
export function plan(
  request: string | object,
  { modelId = NOVA, headers = {}, stored }: PlanOptions & { readonly stored?: StoredContext } = {},
): ResponsesCall {
  const text = typeof request === 'string' ? request : JSON.stringify({ model: 'm', input: 'Hello', ...request })
  return responses.read({ headers, query: {}, body: Buffer.from(text) }, stored).plan('converse', { modelId })
}

/** Body of the Converse request, as text. */
export function bodyOf(request: string | object, options?: PlanOptions): string {
  return Buffer.from(plan(request, options).body).toString()
}

/** Body of the Converse request, parsed. Tests read bodies of any shape: a wrong shape fails the assertion. */
export function converse(request: string | object, options?: PlanOptions): ReturnType<typeof JSON.parse> {
  return JSON.parse(bodyOf(request, options))
}

/** Error of a request that is refused, in OpenAI's shape. */
export function refusal(request: string | object, options?: PlanOptions): ReturnType<typeof JSON.parse> {
  try {
    plan(request, options)
  } catch (error) {
    const { statusCode, body } = responses.toErrorReply(error as never)
    return { statusCode, ...JSON.parse(Buffer.from(body).toString()).error }
  }
  throw new Error('the request is accepted')
}
