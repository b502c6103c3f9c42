import type { ObjectAccess, ObjectUpload } from '../async-invoke/object-access.ts'
import type { S3Location } from '../async-invoke/s3-location.ts'

/** Output file that is written line by line and exists once it is closed. */
export interface OutputWriter {
  write(line: Buffer): Promise<void>
  close(): Promise<void>
  /** Drops what was written. */
  drop(): Promise<void>
}

/** Bytes of a part, the fewest that S3 takes. */
const PART_BYTES = 5 << 20

const CONTENT_TYPE = 'application/jsonl'

/**
 * Writes a file in parts, so that memory does not grow with its length. A short one is written at once. All parts use one
 * buffer, because many small ones fragment the memory of a long job.
 */
export function createOutputWriter(location: S3Location, objects: ObjectAccess): OutputWriter {
  const part = Buffer.allocUnsafe(PART_BYTES)
  let upload: ObjectUpload | undefined
  let length = 0
  return {
    async write(line) {
      for (let start = 0; start < line.length; ) {
        const copied = line.copy(part, length, start)
        start += copied
        length += copied
        if (length < PART_BYTES) return
        upload ??= await objects.createUpload(location, CONTENT_TYPE)
        await upload.add(part)
        length = 0
      }
    },
    async close() {
      const rest = part.subarray(0, length)
      if (!upload) {
        await objects.put(location, { name: location.key, contentType: CONTENT_TYPE, body: rest })
        return
      }
      if (length > 0) await upload.add(rest)
      await upload.complete()
    },
    async drop() {
      await upload?.abort()
    },
  }
}
