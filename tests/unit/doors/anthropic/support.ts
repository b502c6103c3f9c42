import { encodeEvent, encodeException, type Frame, FrameReader } from '@bedrock-functions/runtime/event-stream'
import { createBetaMemory } from '../../../../layers/runtime/src/doors/anthropic/betas.ts'
import { createMessagesDoor } from '../../../../layers/runtime/src/doors/anthropic/messages.ts'
import type { Door, DoorCall, DoorWay } from '../../../../layers/runtime/src/doors/door.ts'

export const HAIKU = 'global.anthropic.claude-haiku-4-5-20251001-v1:0'
export const SONNET_5 = 'global.anthropic.claude-sonnet-5'
export const NOVA = 'us.amazon.nova-lite-v1:0'
export const NOVA_2 = 'global.amazon.nova-2-lite-v1:0'
export const GPT_OSS = 'openai.gpt-oss-120b-1:0'
export const LLAMA = 'us.meta.llama3-3-70b-instruct-v1:0'

export interface PlanOptions {
  readonly way?: DoorWay
  readonly modelId?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly door?: Door
}

/** Plans a request that is given as JSON text, or as an object without `model`, `max_tokens` and, by default, a message. */
export function plan(
  request: string | object,
  { way = 'converse', modelId = NOVA, headers = {}, door = createMessagesDoor(createBetaMemory()) }: PlanOptions = {},
): DoorCall {
  const defaults = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }
  const text = typeof request === 'string' ? request : JSON.stringify({ ...defaults, ...request })
  return door.read({ headers, query: {}, body: Buffer.from(text) }).plan(way, { modelId })
}

/** Body of the planned call, as text. */
export function bodyOf(request: string | object, options?: PlanOptions): string {
  return Buffer.from(plan(request, options).body).toString()
}

/** Body of the planned call, parsed. Tests read bodies of any shape: a wrong shape fails the assertion. */
export function parsedBody(request: string | object, options?: PlanOptions): ReturnType<typeof JSON.parse> {
  return JSON.parse(bodyOf(request, options))
}

export function droppedBy(request: string | object, options?: PlanOptions): string | undefined {
  return plan(request, options).replyHeaders['x-bedrock-functions-dropped']
}

/** Message of the error of a request that is refused. */
export function refusal(request: string | object, options?: PlanOptions): string {
  try {
    plan(request, options)
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('the request is accepted')
}

export type FrameSample = readonly [name: string, document: object]

/** Makes frames of a stream from pairs of a name and a document. A name that ends with `Exception` is one. */
export function framesOf(...events: readonly FrameSample[]): Frame[] {
  const encoded = events.map(([name, document]) =>
    name.endsWith('Exception') ? encodeException(name, { ...document }) : encodeEvent(name, JSON.stringify(document)),
  )
  return new FrameReader().push(Buffer.concat(encoded))
}
