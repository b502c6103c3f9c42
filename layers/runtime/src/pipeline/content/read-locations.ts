import { type JsonEdit, renameMember, replaceValue } from '../../json/edit-json.ts'
import type { Base64Value } from './base64-value.ts'
import { findSizeLimit, MAX_MEDIA_BYTES, type MediaKind, TOO_LONG } from './check-media.ts'
import { refuse } from './conversation.ts'
import type { InputLocation } from './locations.ts'

/**
 * Reads an object as a JSON value. Resolves to undefined if it does not exist or the stack has no permission.
 *
 * @param maxBytes a longer object may be cut off one byte after this limit
 */
export type ReadObject = (
  location: { readonly uri: string; readonly bucketOwner?: string },
  maxBytes: number,
) => Promise<Base64Value | undefined>

/**
 * Replaces S3 locations by their objects, for models whose locations Bedrock does not read.
 *
 * @throws BedrockError ValidationException for an object that is missing or too large
 */
export async function readLocations(
  locations: readonly InputLocation[],
  modelId: string,
  read: ReadObject,
): Promise<JsonEdit[]> {
  const objects = await Promise.all(
    locations.map(async (location) => [location, await readLocation(location, modelId, read)] as const),
  )
  const total = objects.reduce((bytes, [, { length }]) => bytes + length, 0)
  if (total > MAX_MEDIA_BYTES) {
    refuse(
      `${TOO_LONG}The objects of its s3Locations have ${total} bytes together: at most ${MAX_MEDIA_BYTES} are allowed. Send fewer at a time, or use a model that reads S3 itself, such as Amazon Nova.`,
    )
  }
  return objects.flatMap(([{ member }, { json }]) => [renameMember(member, 'bytes'), replaceValue(member.value, json)])
}

async function readLocation(location: InputLocation, modelId: string, read: ReadObject): Promise<Base64Value> {
  const { path, uri, bucketOwner, format } = location
  const [, kind] = /\.(image|document|video|audio)\.source\.s3Location$/.exec(path) ?? []
  if (kind === undefined) refuse(`${path} is not the source of an image, document, video or audio.`)
  const { bytes: limit, size, advice, refusal } = findSizeLimit(kind as MediaKind, format, modelId)
  const object = await read({ uri, ...(bucketOwner !== undefined && { bucketOwner }) }, limit)
  if (!object) refuse(`${path}.uri ${uri}: the object does not exist, or this stack has no permission to read it.`)
  if (object.length === 0) refuse(`${path}.uri ${uri} is empty.`)
  if (object.length > limit)
    refuse(`${refusal}${path}.uri ${uri} has more than ${limit} bytes (${size}), the most for this model. ${advice}.`)
  return object
}
