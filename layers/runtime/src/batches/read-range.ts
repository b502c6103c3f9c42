import { GetObjectCommand } from '@aws-sdk/client-s3'
import type { ObjectStore } from '../core/object-store.ts'
import type { S3Location } from '../core/s3-uri.ts'

export interface Range {
  readonly versionId?: string | undefined
  /** First byte, and the first byte after the range; the whole object by default. */
  readonly start?: number
  readonly end?: number
}

/** Reads an object, or a range of its bytes, as a stream. Rejects with the SDK's error, also for a missing object. */
export async function* readRange(
  { client }: ObjectStore,
  { bucket, key }: S3Location,
  { versionId, start, end }: Range = {},
): AsyncGenerator<Uint8Array> {
  const { Body } = await client.send(
    new GetObjectCommand({
      Bucket: bucket,
      Key: key,
      VersionId: versionId,
      ...(start !== undefined && end !== undefined && { Range: `bytes=${start}-${end - 1}` }),
    }),
  )
  yield* Body as AsyncIterable<Uint8Array>
}
