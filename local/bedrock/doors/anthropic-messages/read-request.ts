import type { ConversationRequest } from '../../conversation/types.ts'
import { claudeMessages } from '../../families/claude-messages/index.ts'
import { claudeWording, doorMessages as messages, validationError } from '../../messages.ts'
import type { Model } from '../../models/resolve-model.ts'
import type { OperationCall } from '../../operations/operation.ts'
import { prepareConversation } from '../../operations/prepare-conversation.ts'
import { readCalledModel } from '../../operations/read-invoke-call.ts'
import { checkUnicode } from '../../shapes/check-unicode.ts'
import { describeForClaude } from '../../shapes/describe-violation.ts'
import type { JsonObject } from '../../shapes/json.ts'
import { parseJsonObject } from '../../shapes/parse-json.ts'
import { requireShape } from '../../shapes/require-shape.ts'
import { boolean, structure, text } from '../../shapes/shape.ts'
import { requireDoor } from '../served-models.ts'

/** A request of the Messages API, checked. */
export interface MessagesRequest {
  readonly model: Model
  readonly streams: boolean
  readonly request: ConversationRequest
  /** Call with the model that answers. */
  readonly call: OperationCall
}

/** Versions of the header and of the native body. */
const VERSIONS: Readonly<Record<string, string>> = { '2023-06-01': 'bedrock-2023-05-31', '2026-10-21': '2026-10-21' }

const ownMembers = structure({ model: text, stream: boolean }, ['model'])

/** Members of the native body. */
const MEMBERS: readonly string[] = [
  'max_tokens',
  'messages',
  'metadata',
  'output_config',
  'output_format',
  'service_tier',
  'stop_sequences',
  'system',
  'temperature',
  'thinking',
  'tool_choice',
  'tools',
  'top_k',
  'top_p',
]

/** Members that need a beta. Observed of InvokeModel. */
const BETA_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  context_management: ['context-management-2025-06-27', 'compact-2026-01-12'],
}

/** Reads and checks a request. BedrockError for what Bedrock or the model refuses. */
export function readMessagesRequest(call: OperationCall): MessagesRequest {
  const { model: _model, stream, ...body } = readBody(call)
  const model = readCalledModel(call)
  requireDoor(model, 'messages')
  if (call.headers['x-amzn-bedrock-guardrailidentifier'] !== undefined) throw validationError(messages.guardrail)
  const betas = readBetas(call)
  const native = { ...body, anthropic_version: readVersion(call), ...(betas.length > 0 && { anthropic_beta: betas }) }
  checkUnicode(native, call.body, model, claudeWording)
  const prepared = prepareConversation(claudeMessages, native, model, call)
  refuseUnknown(body, betas)
  return { ...prepared, model, streams: stream === true }
}

function readBody(call: OperationCall): JsonObject {
  const body = parseJsonObject(call.body)
  requireShape(body, ownMembers, describeForClaude)
  return body
}

function readVersion({ headers }: OperationCall): string {
  const version = headers['anthropic-version']
  if (version === undefined) throw validationError(messages.versionMissing)
  const native = Object.hasOwn(VERSIONS, version) ? VERSIONS[version] : undefined
  if (native === undefined) throw validationError(messages.versionUnknown(version))
  return native
}

function readBetas({ headers }: OperationCall): string[] {
  return (headers['anthropic-beta'] ?? '').split(',').flatMap((beta) => beta.trim() || [])
}

/** Refuses what Bedrock's check of the body does not know. */
function refuseUnknown(body: JsonObject, betas: readonly string[]): void {
  const unknown = Object.keys(body).find(
    (member) => !MEMBERS.includes(member) && !BETA_MEMBERS[member]?.some((beta) => betas.includes(beta)),
  )
  if (unknown !== undefined) throw validationError(messages.extraInput(unknown.slice(0, 100)))
}
