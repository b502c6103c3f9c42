import type { RestReply } from '../../core/errors.ts'
import type { DoorOperation } from '../../core/model-call.ts'
import type { StreamFormat } from '../../event-stream/stream-format.ts'
import { applyEdits, setMember } from '../../json/edit-json.ts'
import { type JsonDocument, type JsonValue, withoutByteOrderMark } from '../../json/json-document.ts'
import type { DoorCall, DoorHttpRequest } from '../door.ts'
import { invalidRequest } from './errors.ts'

/** Reads the model of a request, as the caller named it. */
export function readModel(root: JsonValue): string {
  const model = root.get('model')
  if (model?.text) return model.text
  throw invalidRequest('model', 'model must be the id, alias or ARN of a model.', 'missing_required_parameter')
}

/** Reads a member that is true or false. @param param its path, for errors */
export function readFlag(object: JsonValue, name: string, param: string): boolean {
  const value = object.get(name)
  if (value && value.kind !== 'true' && value.kind !== 'false') {
    throw invalidRequest(param, `${param} must be true or false.`, 'invalid_type')
  }
  return value?.kind === 'true'
}

export function pickHeaders(
  headers: Readonly<Record<string, string>>,
  ...prefixes: readonly string[]
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => prefixes.some((prefix) => name.startsWith(prefix))),
  )
}

export interface OwnDoorOptions {
  readonly operation: DoorOperation
  readonly request: DoorHttpRequest
  /** Resolved model. */
  readonly modelId: string
  createFormat(): StreamFormat
}

/**
 * Plans a call of Bedrock's own door: the caller's bytes with the resolved model. Its answer and its stream are those of the
 * contract already.
 */
export function planOwnDoor({ root, bytes }: JsonDocument, options: OwnDoorOptions): DoorCall {
  const { operation, request, modelId, createFormat } = options
  const isSame = root.get('model')?.text === modelId
  return {
    operation,
    headers: pickHeaders(request.headers, 'x-amzn-bedrock-', 'openai-project'),
    body: withoutByteOrderMark(isSame ? bytes : applyEdits(bytes, setMember(root, 'model', JSON.stringify(modelId)))),
    replyHeaders: {},
    toAnswer: (reply: RestReply) => reply,
    createFormat,
  }
}
