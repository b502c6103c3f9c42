import type { JobsConfiguration } from '@bedrock-functions/runtime/core'
import { BedrockError } from '@bedrock-functions/runtime/core'
import type { StoredObject } from '@bedrock-functions/runtime/object-store'
import { isDocument, parseDocument } from '../parse-document.ts'

/** Members of a Converse request. Source: the service model of bedrock-runtime, ConverseRequest. */
const CONVERSE_MEMBERS = new Set([
  'additionalModelRequestFields',
  'additionalModelResponseFieldPaths',
  'guardrailConfig',
  'inferenceConfig',
  'messages',
  'outputConfig',
  'performanceConfig',
  'promptVariables',
  'requestMetadata',
  'serviceTier',
  'system',
  'toolConfig',
])

/**
 * The StartAsyncInvoke request that a dropped object is: JSON with a modelId, either such a request itself or a Converse or
 * native body beside the modelId; or a prompt as plain text, for the stack's default model.
 *
 * @throws BedrockError ValidationException
 */
export function readDrop(
  key: string,
  { body, contentType = '' }: StoredObject,
  { defaultModelId }: JobsConfiguration,
): Record<string, unknown> {
  const isJson = /\.json$/i.test(key) || /^application\/([\w.-]+\+)?json\b/.test(contentType) || startsWithBrace(body)
  if (!isJson) {
    const converse = { messages: [{ role: 'user', content: [{ text: decodeText(body) }] }] }
    return { modelId: defaultModelId, input: { converse } }
  }
  const document = parseDocument(body, 'The object')
  if (document.modelInput !== undefined || document.input !== undefined) return document
  const { modelId, clientRequestToken: _, outputDataConfig, ...rest } = document
  const input = isConverse(rest) ? { input: { converse: rest } } : { modelInput: rest }
  return { modelId, ...(outputDataConfig !== undefined && { outputDataConfig }), ...input }
}

function startsWithBrace(body: Uint8Array): boolean {
  return /^\uFEFF?\s*\{/.test(Buffer.from(body.subarray(0, 64)).toString())
}

function decodeText(body: Uint8Array): string {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    throw new BedrockError('ValidationException', 'The object is neither JSON nor text in UTF-8.')
  }
  if (text.trim() !== '') return text
  throw new BedrockError('ValidationException', 'The prompt is empty.')
}

/**
 * Converse and the native bodies of some families look alike. Converse has no members of its own that are not listed, and
 * its content blocks have no `type`, which Claude's have.
 */
function isConverse(body: Record<string, unknown>): boolean {
  const { messages } = body
  if (!Array.isArray(messages) || Object.keys(body).some((member) => !CONVERSE_MEMBERS.has(member))) return false
  return messages.every((message) => {
    const content: unknown = isDocument(message) ? message.content : undefined
    return Array.isArray(content) && content.every((block) => isDocument(block) && !('type' in block))
  })
}
