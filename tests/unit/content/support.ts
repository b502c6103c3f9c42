import type { ModelCall, ModelOperation } from '../../../layers/runtime/src/core/model-call.ts'
import type { ContentOptions } from '../../../layers/runtime/src/pipeline/content/content-options.ts'
import { createContentStage } from '../../../layers/runtime/src/pipeline/content/content-stage.ts'
import { passStage } from '../../support/calls.ts'

export const HAIKU = 'us.anthropic.claude-haiku-4-5-20251001-v1:0'
export const OPUS_5 = 'global.anthropic.claude-opus-5'
export const NOVA = 'amazon.nova-lite-v1:0'
export const CALLER = 'arn:aws:sts::123456789012:assumed-role/app'

/** Options with no permissions and no objects. */
export const OPTIONS: ContentOptions = { inputLocations: [], read: async () => undefined }

type Body = string | Uint8Array | object

export interface Sent {
  readonly operation?: ModelOperation
  readonly modelId?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly caller?: string | undefined
}

export function callWith(
  body: Body,
  { operation = 'Converse', modelId = HAIKU, headers = {}, ...sent }: Sent = {},
): ModelCall {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  return {
    operation,
    modelId,
    headers: { 'content-type': 'application/json', ...headers },
    body: bytes instanceof Uint8Array ? bytes : Buffer.from(JSON.stringify(bytes)),
    caller: 'caller' in sent ? sent.caller : CALLER,
    replyHeaders: {},
  }
}

/** Returns the body after a stage. */
export async function pass(
  body: Body,
  sent?: Sent,
  options: Partial<ContentOptions> = {},
): Promise<ModelCall & { readonly text: string; readonly isUntouched: boolean }> {
  const call = callWith(body, sent)
  const passed = await passStage(createContentStage({ ...OPTIONS, ...options }), call)
  return {
    ...passed,
    text: Buffer.from(passed.body).toString(),
    isUntouched: passed.body === call.body && passed.headers === call.headers,
  }
}

export function user(...content: object[]): object {
  return { role: 'user', content }
}

export function assistant(...content: object[]): object {
  return { role: 'assistant', content }
}

export const HELLO = { text: 'Hello' }

/** Returns this many bytes in base64. */
export function bytesOf(length: number): string {
  return Buffer.alloc(length).toString('base64')
}

export function image(source: object = { bytes: 'iVBORw0K' }): object {
  return { image: { format: 'png', source } }
}

export function documentBlock(name: string, source: object = { bytes: 'JVBERi0' }, format = 'pdf'): object {
  return { document: { format, name, source } }
}
