import { Readable } from 'node:stream'
import { Upload } from '@aws-sdk/lib-storage'
import type { ObjectStore } from '../core/object-store.ts'
import type { S3Location } from '../core/s3-uri.ts'
import type { OutputLocation } from '../jobs/documents.ts'

/** Writes a stream of bytes as one object, in parts if it is long. No object exists before its end. */
export async function writeStream(
  { client }: ObjectStore,
  { bucket, key }: S3Location,
  chunks: AsyncIterable<Uint8Array>,
  { kmsKeyId, bucketOwner }: Partial<OutputLocation> = {},
): Promise<void> {
  const upload = new Upload({
    client,
    // Memory is at most these parts.
    queueSize: 2,
    params: {
      Bucket: bucket,
      Key: key,
      Body: Readable.from(chunks, { objectMode: false }),
      ContentType: 'application/jsonl',
      ...(kmsKeyId !== undefined && { ServerSideEncryption: 'aws:kms' as const, SSEKMSKeyId: kmsKeyId }),
      ...(bucketOwner !== undefined && { ExpectedBucketOwner: bucketOwner }),
    },
  })
  await upload.done()
}
