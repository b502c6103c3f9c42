import { BedrockError, parseS3Uri, uploadsPrefix } from '@bedrock-functions/runtime/core'
import type { JobOrder } from '@bedrock-functions/runtime/jobs/start'
import { type JsonValue, readJsonObject } from '@bedrock-functions/runtime/json'
import type { ObjectStore } from '@bedrock-functions/runtime/object-store'
import type { StartRequest } from './start-request.ts'

/** Bedrock's limit for a model's body, in bytes. Source: the service model of bedrock-runtime, InvokeModelRequest. */
export const MAX_INPUT_BYTES = 25_000_000
/** Bytes of a Converse request: 25 MB of media in base64, the most that Bedrock is known to take, and text beside them. */
const MAX_CONVERSE_BYTES = 34_000_000

type Input = Pick<JobOrder, 'kind' | 'input'>

/**
 * Reads the model's input. It is either `modelInput`, a native body, or `input`, the union of CountTokens:
 * `{"converse": {…}}` or `{"invokeModel": {"body": "<base64>"}}`. A document may also be a string that holds its JSON text.
 * Each member of the union may be an upload: `{"s3Location": {"uri": "s3://…"}}`.
 *
 * @throws BedrockError ValidationException
 */
export async function readInput(
  { modelInput, input }: Pick<StartRequest, 'modelInput' | 'input'>,
  uploads: { readonly owner: string; readonly store: ObjectStore },
): Promise<Input> {
  if ((modelInput === undefined) === (input === undefined)) {
    throw new BedrockError(
      'ValidationException',
      'Exactly one of modelInput, the native body, and input, {"converse": {…}} or {"invokeModel": {…}}, must be given.',
    )
  }
  if (modelInput) return { kind: 'invoke', input: readDocument(modelInput, 'modelInput') }
  const [member, ...others] = input?.members ?? []
  if (!member || others.length > 0 || (member.name !== 'converse' && member.name !== 'invokeModel')) {
    throw new BedrockError('ValidationException', 'input must have exactly one member: converse or invokeModel.')
  }
  const { name, value } = member
  const kind = name === 'converse' ? 'converse' : 'invoke'
  const location = value.get('s3Location')
  if (location) return { kind, input: await readUpload(location, name, uploads) }
  if (name === 'converse') return { kind, input: readDocument(value, 'input.converse') }
  const body = value.get('body')?.text
  if (body === undefined || !/^[A-Za-z0-9+/]*={0,2}$/.test(body)) {
    throw new BedrockError('ValidationException', 'input.invokeModel.body must be the native body in base64.')
  }
  return { kind, input: Buffer.from(body, 'base64') }
}

/**
 * Returns the bytes of a document. It may be a string with its JSON text, so that programs between do not change numbers.
 */
export function readDocument(value: JsonValue, field: string): Uint8Array {
  if (value.kind === 'object') return value.bytes
  if (value.text === undefined) {
    throw new BedrockError(
      'ValidationException',
      `${field} must be a JSON object, or a string that holds its JSON text.`,
    )
  }
  return readJsonObject(Buffer.from(value.text), field).bytes
}

/**
 * Finds the current version of an upload. The job keeps this version, so a later upload to the same key does not change it.
 */
async function readUpload(
  location: JsonValue,
  name: 'converse' | 'invokeModel',
  { owner, store }: { readonly owner: string; readonly store: ObjectStore },
): Promise<JobOrder['input']> {
  const field = `input.${name}.s3Location`
  const { bucket, key } = parseS3Uri(location.get('uri')?.text, `${field}.uri`)
  if (bucket !== store.bucket || !key.startsWith(uploadsPrefix(owner))) {
    throw new BedrockError(
      'AccessDeniedException',
      `${field}.uri is not one of your uploads, as POST /uploads names them.`,
    )
  }
  const head = await store.head({ bucket, key })
  if (!head) throw new BedrockError('ValidationException', `${field}.uri names an upload that does not exist.`)
  const maxBytes = name === 'converse' ? MAX_CONVERSE_BYTES : MAX_INPUT_BYTES
  if (head.size > maxBytes) {
    throw new BedrockError(
      'ValidationException',
      `${field}.uri has ${head.size} bytes: at most ${maxBytes} are allowed.`,
    )
  }
  return { object: { bucket, key }, ...(head.versionId !== undefined && { versionId: head.versionId }) }
}
