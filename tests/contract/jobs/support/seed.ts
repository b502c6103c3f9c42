import { createHash } from 'node:crypto'
import { ObjectStore } from '../../../../local/s3/storage/object-store.ts'

/** Bodies by key. */
export type Objects = ReadonlyMap<string, string>

/**
 * Fills buckets of the embedded S3 before it starts, which is much faster than thousands of requests. Equal bodies share one
 * file.
 */
export async function seedBuckets(directory: string, buckets: ReadonlyMap<string, Objects>): Promise<void> {
  const store = await ObjectStore.open({
    directory,
    buckets: [...buckets.keys()].map((name) => ({ name, isVersioned: true, sendsEvents: false })),
    owner: { accountId: '123456789012', region: 'us-east-1' },
    onEvent: undefined,
  })
  try {
    for (const [name, objects] of buckets) {
      const bucket = store.bucket(name)
      if (!bucket) throw new Error(`there is no bucket ${name}`)
      for (const [key, body] of objects) {
        const bytes = Buffer.from(body)
        const blob = await store.blobs.write(
          (async function* () {
            yield bytes
          })(),
        )
        store.putObject(
          bucket,
          {
            key,
            etag: createHash('md5').update(bytes).digest('hex'),
            size: bytes.length,
            blobs: blob ? [blob] : [],
            system: { 'content-type': 'application/json' },
            metadata: {},
          },
          { requestId: 'seed', sourceIpAddress: '127.0.0.1', reason: 'PutObject' },
        )
      }
    }
  } finally {
    await store.close()
  }
}
