import '../../core/index.ts'
import { GetObjectCommand, S3ServiceException } from '@aws-sdk/client-s3'
import { BedrockError } from '../../core/errors.ts'
import { createObjectStore, refusalOf } from '../../core/object-store.ts'
import { parseS3Uri } from '../../core/s3-uri.ts'
import { encodeBase64 } from './base64-value.ts'
import type { ReadObject } from './read-locations.ts'

/** Reads objects in the Region of the function, with its permissions. Rejects with a ServiceUnavailableException if S3 fails. */
export function createObjectReader(client = createObjectStore('').client): ReadObject {
  return async ({ uri, bucketOwner }, maxBytes) => {
    const { bucket, key } = parseS3Uri(uri, 's3Location.uri')
    try {
      const answer = await client.send(
        new GetObjectCommand({
          Bucket: bucket,
          Key: key,
          // One byte more than the limit shows that the object is too long.
          Range: `bytes=0-${maxBytes}`,
          ...(bucketOwner !== undefined && { ExpectedBucketOwner: bucketOwner }),
        }),
      )
      const body = (answer.Body ?? []) as AsyncIterable<Uint8Array>
      return await encodeBase64(body, answer.ContentLength ?? 0)
    } catch (error) {
      // An empty object has no first byte.
      if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 416)
        return { length: 0, json: new Uint8Array() }
      if (refusalOf(error) !== undefined) return undefined
      throw new BedrockError('ServiceUnavailableException', 'Amazon S3 could not be reached for an s3Location.', {
        cause: error,
      })
    }
  }
}
