import { hasAnyName } from '../../json/search-bytes.ts'
import type { InputPlaces } from './locations.ts'

/** @throws BedrockError AccessDeniedException, ValidationException */
export type LocationCheck = (document: unknown, caller: string | undefined) => Promise<void>

/**
 * The rule of the content stage for S3 locations, for documents that do not go through it: what Bedrock runs asynchronously
 * reads its inputs with the stack's permissions, too.
 */
export function createLocationCheck(places: InputPlaces): LocationCheck {
  return async (document, caller) => {
    const bytes = Buffer.from(JSON.stringify(document) ?? '')
    if (!hasAnyName(bytes, ['s3Location'])) return
    const { admitLocations, readDocument } = await import('./check-content.ts')
    const read = readDocument(bytes)
    if (read) admitLocations(read, { caller }, places)
  }
}
