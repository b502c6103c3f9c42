import { BedrockError, type JobsConfiguration } from '@bedrock-functions/runtime/core'
import { applyEdits, type JsonValue, readJsonObject, removeMembers } from '@bedrock-functions/runtime/json'
import type { StoredObject } from '@bedrock-functions/runtime/object-store'

/** Members of a Converse request. Source: the service model of bedrock-runtime, ConverseRequest. */
const CONVERSE_MEMBERS = new Set([
  'additionalModelRequestFields',
  'additionalModelResponseFieldPaths',
  'guardrailConfig',
  'inferenceConfig',
  'messages',
  'outputConfig',
  'performanceConfig',
  'projectIdentifier',
  'promptVariables',
  'requestMetadata',
  'serviceTier',
  'system',
  'toolConfig',
])

/** Members of a dropped object that describe the job. The model does not get them. */
const JOB_MEMBERS = ['modelId', 'clientRequestToken', 'outputDataConfig']

/**
 * Turns a dropped object into a StartAsyncInvoke request. JSON with `modelInput` or `input` is such a request. Other JSON is a
 * Converse or native body with a `modelId`. Plain text is a prompt for the stack's default model.
 *
 * @returns JSON of the request
 * @throws BedrockError ValidationException
 */
export function readDrop(
  key: string,
  { body, contentType = '' }: Pick<StoredObject, 'body' | 'contentType'>,
  { defaultModelId }: Pick<JobsConfiguration, 'defaultModelId'>,
): Buffer {
  const isJson = /\.json$/i.test(key) || /^application\/([\w.-]+\+)?json\b/.test(contentType) || startsWithBrace(body)
  if (!isJson) {
    const converse = { messages: [{ role: 'user', content: [{ text: decodeText(body) }] }] }
    return Buffer.from(JSON.stringify({ modelId: defaultModelId, input: { converse } }))
  }
  const { root, bytes } = readJsonObject(body, 'the object')
  if (root.get('modelInput') || root.get('input')) return bytes
  const document = applyEdits(bytes, removeMembers(root, JOB_MEMBERS)).subarray(root.start)
  const members = ['modelId', 'outputDataConfig'].flatMap((name) => {
    const value = root.get(name)
    return value ? [Buffer.from(`${JSON.stringify(name)}:`), value.bytes, Buffer.from(',')] : []
  })
  const [before, behind] = isConverse(root) ? ['"input":{"converse":', '}}'] : ['"modelInput":', '}']
  return Buffer.concat([Buffer.from('{'), ...members, Buffer.from(before), document, Buffer.from(behind)])
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
 * Whether a document is a Converse request. Native bodies of some families look similar. A Converse request has only the
 * listed members, and its content blocks have no `type`, unlike Claude's.
 */
function isConverse(root: JsonValue): boolean {
  const messages = root.get('messages')
  const names = root.members.map(({ name }) => name).filter((name) => !JOB_MEMBERS.includes(name))
  if (messages?.kind !== 'array' || names.some((name) => !CONVERSE_MEMBERS.has(name))) return false
  return messages.items.every((message) => {
    const content = message.get('content')
    return content?.kind === 'array' && content.items.every((block) => block.kind === 'object' && !block.get('type'))
  })
}
