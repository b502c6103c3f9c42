import { createReadStream } from 'node:fs'
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { TaskError } from '../task-error.ts'
import { toS3Error } from './service-error.ts'

export interface ObjectPlace {
  readonly Bucket: string
  readonly Key: string
  readonly VersionId?: string
}

/** Object of one content. */
export interface OpenObject {
  readonly etag: string
  /** Each chunk is read when it is asked for, so that a slow reader holds no connection. Fails if the object has changed. */
  chunks(): AsyncGenerator<Uint8Array>
}

/** Item of a Map over a listing, in Step Functions' spelling. */
export interface ListedObject {
  readonly Etag: string
  readonly Key: string
  /** Seconds since 1970. */
  readonly LastModified: number
  readonly Size: number
  readonly StorageClass: string
}

/** Objects of a distributed Map: its items and its results. Rejects with a TaskError. */
export interface ObjectAccess {
  /** @param etag content that is wanted; the present one by default */
  open(place: ObjectPlace, etag?: string): Promise<OpenObject>
  list(place: { readonly Bucket: string; readonly Prefix?: string }): AsyncGenerator<ListedObject>
  write(place: ObjectPlace, text: string, contentType: string): Promise<void>
  /** Writes a file of a known length. */
  writeFile(place: ObjectPlace, path: string, bytes: number, contentType: string): Promise<void>
}

const CHUNK_BYTES = 1024 * 1024

export function createObjectAccess(s3: S3Client | undefined): ObjectAccess {
  async function send<Answer>(call: (client: S3Client) => Promise<Answer>): Promise<Answer> {
    if (!s3) throw new TaskError('S3.S3Exception', 'The local stack has no S3: its template has no bucket.')
    return await call(s3).catch((error: unknown) => {
      throw toS3Error(error)
    })
  }

  async function readRange(place: ObjectPlace, offset: number, etag: string | undefined) {
    const Range = `bytes=${offset}-${offset + CHUNK_BYTES - 1}`
    return await send(async (client) => {
      const answer = await client.send(new GetObjectCommand({ ...place, Range, ...(etag && { IfMatch: etag }) }))
      const bytes = (await answer.Body?.transformToByteArray()) ?? new Uint8Array()
      const size = Number(answer.ContentRange?.split('/')[1] ?? bytes.length)
      return { bytes, size, etag: answer.ETag ?? '' }
    })
  }

  return {
    async open(place, etag) {
      const first = await readRange(place, 0, etag).catch((error: TaskError) => {
        // An empty object has no first byte.
        if (error.message.includes('Status Code: 416')) return { bytes: new Uint8Array(), size: 0, etag: etag ?? '' }
        throw error
      })
      async function* chunks() {
        let { bytes } = first
        for (let offset = 0; ; ) {
          if (bytes.length > 0) yield bytes
          offset += bytes.length
          if (offset >= first.size) return
          bytes = (await readRange(place, offset, first.etag)).bytes
        }
      }
      return { etag: first.etag, chunks }
    },
    async *list({ Bucket, Prefix }) {
      let ContinuationToken: string | undefined
      do {
        const input = {
          Bucket,
          ...(Prefix !== undefined && { Prefix }),
          ...(ContinuationToken && { ContinuationToken }),
        }
        const page = await send((client) => client.send(new ListObjectsV2Command(input)))
        for (const { ETag = '', Key = '', LastModified, Size = 0, StorageClass = 'STANDARD' } of page.Contents ?? []) {
          yield { Etag: ETag, Key, LastModified: Math.floor((LastModified?.getTime() ?? 0) / 1000), Size, StorageClass }
        }
        ContinuationToken = page.NextContinuationToken
      } while (ContinuationToken !== undefined)
    },
    async write(place, text, contentType) {
      await send((client) => client.send(new PutObjectCommand({ ...place, Body: text, ContentType: contentType })))
    },
    async writeFile(place, path, bytes, contentType) {
      const command = { ...place, ContentLength: bytes, ContentType: contentType }
      await send((client) => client.send(new PutObjectCommand({ ...command, Body: createReadStream(path) })))
    },
  }
}
