import { BedrockError } from '@bedrock-functions/runtime/core'
import { type JobOrder, parseS3Uri, uploadsPrefix } from '@bedrock-functions/runtime/jobs'
import type { ObjectStore } from '@bedrock-functions/runtime/object-store'
import { isDocument } from './parse-document.ts'

/** Bedrock's limit for a model's body, in bytes. Source: the service model of bedrock-runtime, InvokeModelRequest. */
export const MOST_INPUT_BYTES = 25_000_000

type Input = Pick<JobOrder, 'kind' | 'input'>

/**
 * What the model gets: `modelInput`, its native body, or CountTokens' own union in `input`: `{"converse": {…}}` or
 * `{"invokeModel": {"body": "<base64>"}}`. Each member of the union may be an upload: `{"s3Location": {"uri": "s3://…"}}`.
 *
 * @throws BedrockError ValidationException
 */
export async function readInput(
  { modelInput, input }: Readonly<Record<string, unknown>>,
  place: { readonly owner: string; readonly store: ObjectStore },
): Promise<Input> {
  if ((modelInput === undefined) === (input === undefined)) {
    throw new BedrockError(
      'ValidationException',
      'Exactly one of modelInput, the native body, and input, {"converse": {…}} or {"invokeModel": {…}}, must be given.',
    )
  }
  if (modelInput !== undefined) return { kind: 'invoke', input: encode(modelInput, 'modelInput') }
  const members = isDocument(input) ? Object.keys(input) : []
  const [member] = members
  if (!isDocument(input) || members.length !== 1 || (member !== 'converse' && member !== 'invokeModel')) {
    throw new BedrockError('ValidationException', 'input must have exactly one member: converse or invokeModel.')
  }
  const kind = member === 'converse' ? 'converse' : 'invoke'
  const value = input[member]
  const location = isDocument(value) ? value.s3Location : undefined
  if (location !== undefined) return { kind, input: await readUpload(location, `input.${member}.s3Location`, place) }
  if (member === 'converse') return { kind, input: encode(value, 'input.converse') }
  const body = isDocument(value) ? value.body : undefined
  if (typeof body !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(body)) {
    throw new BedrockError('ValidationException', 'input.invokeModel.body must be the native body in base64.')
  }
  return { kind, input: Buffer.from(body, 'base64') }
}

function encode(document: unknown, field: string): Uint8Array {
  if (isDocument(document)) return Buffer.from(JSON.stringify(document))
  throw new BedrockError('ValidationException', `${field} must be a JSON object.`)
}

/** The upload as it is now: its version is kept, so that a later one under the same key changes no job. */
async function readUpload(
  location: unknown,
  field: string,
  { owner, store }: { readonly owner: string; readonly store: ObjectStore },
): Promise<JobOrder['input']> {
  const { bucket, key } = parseS3Uri(isDocument(location) ? location.uri : undefined, `${field}.uri`)
  if (bucket !== store.bucket || !key.startsWith(uploadsPrefix(owner))) {
    throw new BedrockError(
      'AccessDeniedException',
      `${field}.uri is not one of your uploads, as POST /uploads names them.`,
    )
  }
  const head = await store.head({ bucket, key })
  if (!head) throw new BedrockError('ValidationException', `${field}.uri: nothing has been uploaded there.`)
  if (head.size > MOST_INPUT_BYTES) {
    throw new BedrockError(
      'ValidationException',
      `${field}.uri has ${head.size} bytes: a model's body has at most ${MOST_INPUT_BYTES}.`,
    )
  }
  return { object: { bucket, key }, ...(head.versionId !== undefined && { versionId: head.versionId }) }
}
