import { encodeEvent, encodeException, type Frame, FrameReader } from '@bedrock-functions/runtime/event-stream'
import type { DoorCall } from '../../../../layers/runtime/src/doors/door.ts'
import { chatCompletions } from '../../../../layers/runtime/src/doors/openai-chat/chat-completions.ts'

export const CLAUDE_4_5 = 'global.anthropic.claude-haiku-4-5-20251001-v1:0'
export const CLAUDE_5 = 'global.anthropic.claude-sonnet-5'
export const NOVA = 'us.amazon.nova-lite-v1:0'
export const NOVA_2 = 'global.amazon.nova-2-lite-v1:0'
export const GPT_OSS = 'openai.gpt-oss-120b-1:0'
export const LLAMA = 'us.meta.llama3-3-70b-instruct-v1:0'
export const UNKNOWN = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc'

export const HELLO = [{ role: 'user', content: 'Hello' }]

export interface PlanOptions {
  readonly modelId?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Plans a request that is given as JSON text, or as an object without `model` and, by default, with one message. */
export function plan(request: string | object, { modelId = NOVA, headers = {} }: PlanOptions = {}): DoorCall {
  const text = typeof request === 'string' ? request : JSON.stringify({ model: 'm', messages: HELLO, ...request })
  return chatCompletions.read({ headers, query: {}, body: Buffer.from(text) }).plan('converse', { modelId })
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
    const { statusCode, body } = chatCompletions.toErrorReply(error as never)
    return { statusCode, ...JSON.parse(Buffer.from(body).toString()).error }
  }
  throw new Error('the request is accepted')
}

/** Makes frames of a ConverseStream from pairs of a name and a document. A name that ends with `Exception` is one. */
export function framesOf(...events: readonly (readonly [name: string, document: object])[]): Frame[] {
  const encoded = events.map(([name, document]) =>
    name.endsWith('Exception') ? encodeException(name, { ...document }) : encodeEvent(name, JSON.stringify(document)),
  )
  return new FrameReader().push(Buffer.concat(encoded))
}
