import type { RestReply } from '@bedrock-functions/runtime/core'
import type { JsonObject } from '../shapes/json.ts'

/** Makes a reply of a contract with any status. */
export function statusReply(statusCode: number, document: JsonObject): RestReply {
  return {
    statusCode,
    headers: { 'content-type': 'application/json' },
    body: new TextEncoder().encode(JSON.stringify(document)),
  }
}
