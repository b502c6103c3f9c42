import { gunzipSync } from 'node:zlib'
import type { BedrockReply, BedrockRequest } from '@bedrock-functions/runtime/bedrock'
import type { ModelCall, ModelOperation } from '../../../layers/runtime/src/core/model-call.ts'
import { CALLER } from '../jobs/support/orders.ts'
import { NOVA, type Stack } from '../jobs/support/start-services.ts'

export const CLAUDE = 'us.anthropic.claude-haiku-4-5-20251001-v1:0'
export const NEVER = new AbortController().signal

const PATHS: Readonly<Partial<Record<ModelOperation, string>>> = {
  Converse: 'converse',
  ConverseStream: 'converse-stream',
  InvokeModel: 'invoke',
  InvokeModelWithResponseStream: 'invoke-with-response-stream',
}

/** Makes a client's call whose prompt has the emulator's directives. */
export function converseCall(prompt: string, changes: Partial<ModelCall> = {}): ModelCall {
  return callWith({ messages: [{ role: 'user', content: [{ text: prompt }] }] }, changes)
}

/** Makes a native call of Claude. */
export function claudeCall(prompt: string, changes: Partial<ModelCall> = {}): ModelCall {
  const body = {
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 100,
    messages: [{ role: 'user', content: prompt }],
  }
  return callWith(body, { operation: 'InvokeModel', modelId: CLAUDE, ...changes })
}

function callWith(body: unknown, { headers, ...changes }: Partial<ModelCall>): ModelCall {
  return {
    operation: 'Converse',
    modelId: NOVA,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify(body)),
    caller: CALLER,
    replyHeaders: {},
    ...changes,
  }
}

export function requestOf({ operation, modelId, headers, body }: ModelCall): BedrockRequest {
  const pickBedrockHeaders = Object.entries(headers).filter(
    ([name]) => name === 'content-type' || name.startsWith('x-amzn-'),
  )
  return {
    path: `/model/${encodeURIComponent(modelId)}/${PATHS[operation]}`,
    headers: Object.fromEntries(pickBedrockHeaders),
    body,
  }
}

export function send(stack: Stack, call: ModelCall, retry = false): Promise<BedrockReply> {
  return stack.bedrock.send(requestOf(call), { signal: NEVER, retry })
}

// Tests read documents of any shape. A wrong shape fails the assertion.
export function documentOf({ body }: { readonly body: Uint8Array }): ReturnType<typeof JSON.parse> {
  return JSON.parse(Buffer.from(body).toString())
}

/** Returns the texts of a Converse answer. */
export function textOf(reply: { readonly body: Uint8Array }): string {
  return documentOf(reply).output.message.content[0].text
}

/** Returns the documents of the activity log, oldest first. */
export async function readActivities(stack: Stack): Promise<ReturnType<typeof JSON.parse>[]> {
  const keys = await stack.keys('activity/')
  const { store } = stack
  const documents = keys.map(async (key) => {
    const stored = await store.get({ bucket: store.bucket, key })
    return { key, ...JSON.parse(gunzipSync(stored?.body ?? '').toString()) }
  })
  return (await Promise.all(documents)).toSorted((one, other) => (one.id < other.id ? -1 : 1))
}
