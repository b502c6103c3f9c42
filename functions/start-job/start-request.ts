import { BedrockError } from '@bedrock-functions/runtime/core'
import { type JsonValue, readJsonObject } from '@bedrock-functions/runtime/json'

/** StartAsyncInvoke request whose members are checked, except for the model's input. */
export interface StartRequest {
  /** Whole request. */
  readonly root: JsonValue
  readonly modelId: string
  readonly clientRequestToken: string | undefined
  /** Native body; undefined if `input` is given. */
  readonly modelInput: JsonValue | undefined
  readonly input: JsonValue | undefined
  readonly outputDataConfig: unknown
}

/** Paths of the members that hold a document for the model. Each may also be a string with the document's JSON text. */
export const TEXT_MEMBERS = ['modelInput', 'input.converse'] as const

/**
 * Reads a StartAsyncInvoke request.
 *
 * @param what name of the bytes in error messages
 * @throws BedrockError ValidationException that names the member
 */
export function readStartRequest(body: Uint8Array, what?: string): StartRequest {
  const { root } = readJsonObject(body, what)
  const tags = root.get('tags')?.parse()
  checkTags(tags)
  return {
    root,
    modelId: readModelId(root.get('modelId')),
    clientRequestToken: readToken(root.get('clientRequestToken')),
    modelInput: root.get('modelInput'),
    input: root.get('input'),
    outputDataConfig: root.get('outputDataConfig')?.parse(),
  }
}

function readModelId(modelId: JsonValue | undefined): string {
  const text = modelId?.text
  if (text) return text
  throw new BedrockError('ValidationException', 'modelId is missing: it must be the id or ARN of a model or profile.')
}

function readToken(token: JsonValue | undefined): string | undefined {
  if (!token) return undefined
  const { text } = token
  if (text !== undefined && /^[!-~]{1,256}$/.test(text)) return text
  throw new BedrockError('ValidationException', 'clientRequestToken must be 1 to 256 printable ASCII characters.')
}

const MAX_TAGS = 200

function checkTags(tags: unknown): void {
  if (tags === undefined) return
  const isTag = (tag: unknown): boolean => {
    const { key, value } = (tag ?? {}) as { key?: unknown; value?: unknown }
    return isTagText(key, 1, 128) && isTagText(value, 0, 256)
  }
  if (Array.isArray(tags) && tags.length <= MAX_TAGS && tags.every(isTag)) return
  throw new BedrockError(
    'ValidationException',
    `tags must be at most ${MAX_TAGS} of the form {"key", "value"}, with keys of 1 to 128 and values of up to 256 characters.`,
  )
}

function isTagText(text: unknown, min: number, max: number): boolean {
  return typeof text === 'string' && text.length >= min && text.length <= max && /^[a-zA-Z0-9\s._:/=+@-]*$/.test(text)
}
