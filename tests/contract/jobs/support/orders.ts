import { ownerOf } from '@bedrock-functions/runtime/core'
import type { JobName } from '@bedrock-functions/runtime/jobs'
import { type JobOrder, startJob } from '@bedrock-functions/runtime/jobs/start'
import { hashJson } from '@bedrock-functions/runtime/json'
import { NOVA, type Stack } from './start-services.ts'

export const CALLER = 'arn:aws:sts::123456789012:assumed-role/app'
export const OTHER_CALLER = 'arn:aws:sts::123456789012:assumed-role/other'
export const OWNER = ownerOf(CALLER)
export const OTHER_OWNER = ownerOf(OTHER_CALLER)

/** Makes the order of a Converse job whose prompt has the emulator's directives. */
export function converseOrder(prompt: string, changes: Partial<JobOrder> = {}): JobOrder {
  const body = { messages: [{ role: 'user', content: [{ text: prompt }] }] }
  return {
    caller: CALLER,
    kind: 'converse',
    modelId: NOVA,
    input: Buffer.from(JSON.stringify(body)),
    requestHash: hashJson(NOVA, JSON.stringify(body)),
    ...changes,
  }
}

/** Starts a Converse job on a stack. */
export async function start(stack: Stack, prompt: string, changes: Partial<JobOrder> = {}): Promise<JobName> {
  const order = converseOrder(prompt, changes)
  const { id } = await startJob(order, stack)
  return { owner: ownerOf(order.caller), id }
}
