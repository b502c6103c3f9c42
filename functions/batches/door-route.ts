import type { RestReply } from '@bedrock-functions/runtime/core'
import { loadOtherDoors } from '@bedrock-functions/runtime/doors'
import type { Call, Route } from '@bedrock-functions/runtime/http'

/** Creates the routes of an operation in both spellings of its path, with errors in the contract's shape. */
export function createDoorRoutes(
  contract: 'anthropic' | 'openai',
  operation: string,
  method: string,
  path: string,
  handle: (call: Call) => Promise<RestReply>,
): Route[] {
  return [`/v1${path}`, `/${contract}/v1${path}`].map((spelling) => ({
    operation,
    method,
    path: spelling,
    handle,
    async toErrorReply(error) {
      const { toAnthropicErrorReply, toOpenAiErrorReply } = await loadOtherDoors()
      return contract === 'anthropic' ? toAnthropicErrorReply(error) : toOpenAiErrorReply(error)
    },
  }))
}
