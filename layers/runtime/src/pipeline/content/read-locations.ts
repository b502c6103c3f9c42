import type { ModelCall } from '../../core/model-call.ts'
import { type JsonEdit, replaceMember } from '../../json/edit-json.ts'
import { findSizeLimit, MAX_REQUEST_BYTES, type MediaKind } from './check-media.ts'
import { refuse } from './conversation.ts'
import type { InputLocation } from './locations.ts'

/**
 * Reads an object. Resolves to undefined if it does not exist or the stack has no permission.
 *
 * @param maxBytes a longer object may be cut off one byte after this limit
 */
export type ReadObject = (
  location: { readonly uri: string; readonly bucketOwner?: string },
  maxBytes: number,
) => Promise<Uint8Array | undefined>

/**
 * Replaces S3 locations by their objects, for models whose locations Bedrock does not read.
 *
 * @throws BedrockError ValidationException for an object that is missing or too large
 */
export async function readLocations(
  locations: readonly InputLocation[],
  { body, modelId }: Pick<ModelCall, 'body' | 'modelId'>,
  read: ReadObject,
): Promise<JsonEdit[]> {
  const edits = await Promise.all(locations.map((location) => readLocation(location, modelId, read)))
  const total = edits.reduce((bytes, { text, start, end }) => bytes + text.length - (end - start), body.length)
  if (total > MAX_REQUEST_BYTES) {
    refuse(
      `With the objects of its s3Locations the request has ${total} bytes: at most ${MAX_REQUEST_BYTES} are allowed. Send fewer at a time, or use a model that reads S3 itself, such as Amazon Nova.`,
    )
  }
  return edits
}

async function readLocation(location: InputLocation, modelId: string, read: ReadObject): Promise<JsonEdit> {
  const { path, uri, bucketOwner, format, member } = location
  const [, kind] = /\.(image|document|video|audio)\.source\.s3Location$/.exec(path) ?? []
  if (kind === undefined) refuse(`${path} is not the source of an image, document, video or audio.`)
  const { bytes: limit, size, advice } = findSizeLimit(kind as MediaKind, format, modelId)
  const object = await read({ uri, ...(bucketOwner !== undefined && { bucketOwner }) }, limit)
  if (!object) refuse(`${path}.uri ${uri}: the object does not exist, or this stack has no permission to read it.`)
  if (object.length === 0) refuse(`${path}.uri ${uri} is empty.`)
  if (object.length > limit)
    refuse(`${path}.uri ${uri} has more than ${limit} bytes (${size}), the most for this model. ${advice}.`)
  const { buffer, byteOffset, length } = object
  const text = `"bytes":"${Buffer.from(buffer, byteOffset, length).toString('base64')}"`
  return replaceMember(member, text)
}
