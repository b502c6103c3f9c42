import type { ObjectAccess, ObjectUpload } from '../async-invoke/object-access.ts'
import type { S3Location } from '../async-invoke/s3-location.ts'

/** Output file that is written line by line and exists once it is closed. */
export interface OutputWriter {
  write(line: Buffer): Promise<void>
  close(): Promise<void>
  /** Drops what was written. */
  drop(): Promise<void>
}

/** Bytes of a part. S3 takes at least 5 MiB. */
const PART_BYTES = 8 << 20

const CONTENT_TYPE = 'application/jsonl'

/** Writes a file in parts, so that memory does not grow with its length. A short one is written at once. */
export function createOutputWriter(location: S3Location, objects: ObjectAccess): OutputWriter {
  let upload: ObjectUpload | undefined
  let lines: Buffer[] = []
  let length = 0
  const take = (): Buffer => {
    const part = Buffer.concat(lines)
    lines = []
    length = 0
    return part
  }
  return {
    async write(line) {
      lines.push(line)
      length += line.length
      if (length < PART_BYTES) return
      upload ??= await objects.createUpload(location, CONTENT_TYPE)
      await upload.add(take())
    },
    async close() {
      if (!upload) {
        await objects.put(location, { name: location.key, contentType: CONTENT_TYPE, body: take() })
        return
      }
      if (length > 0) await upload.add(take())
      await upload.complete()
    },
    async drop() {
      await upload?.abort()
    },
  }
}
