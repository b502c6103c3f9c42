import {
  type Blob,
  type BucketConfiguration,
  type JournalRecord,
  type MultipartUpload,
  NULL_VERSION,
  type ObjectVersion,
  type UploadPart,
} from '../model.ts'
import { SortedKeys } from './sorted-keys.ts'

/** A multipart upload that is not completed or aborted. */
export interface OpenUpload {
  readonly upload: MultipartUpload
  /** Parts by number. */
  readonly parts: ReadonlyMap<number, UploadPart>
}

/**
 * Index of a bucket. Only the store calls the methods that change it, after it has journalled the change; each returns the
 * blobs that are no longer referenced.
 */
export class Bucket {
  readonly name: string
  /** Milliseconds since 1970. */
  readonly created: number
  configuration: BucketConfiguration
  readonly keys = new SortedKeys()
  readonly #versions = new Map<string, ObjectVersion[]>()
  readonly #uploads = new Map<string, { upload: MultipartUpload; parts: Map<number, UploadPart> }>()

  constructor(configuration: BucketConfiguration, created: number) {
    this.name = configuration.name
    this.configuration = configuration
    this.created = created
  }

  /** Newest first. */
  versionsOf(key: string): readonly ObjectVersion[] {
    return this.#versions.get(key) ?? []
  }

  /** Current object of the key; undefined also behind a delete marker. */
  current(key: string): ObjectVersion | undefined {
    const latest = this.versionsOf(key)[0]
    return latest?.isDeleteMarker ? undefined : latest
  }

  /** Undefined also when the upload belongs to another key. */
  upload(key: string, uploadId: string): OpenUpload | undefined {
    const open = this.#uploads.get(uploadId)
    return open?.upload.key === key ? open : undefined
  }

  put(version: ObjectVersion, addKey: 'sorted' | 'unsorted'): readonly Blob[] {
    const versions = this.#versions.get(version.key)
    if (!versions) {
      this.#versions.set(version.key, [version])
      if (addKey === 'sorted') this.keys.add(version.key)
      else this.keys.addUnsorted(version.key)
      return this.#closeUpload(version)
    }
    const replaced = version.versionId === NULL_VERSION ? versions.findIndex(isNullVersion) : -1
    const removed = replaced === -1 ? [] : versions.splice(replaced, 1)
    versions.unshift(version)
    return [...removed.flatMap(({ blobs }) => blobs), ...this.#closeUpload(version)]
  }

  remove(key: string, versionId: string): readonly Blob[] {
    const versions = this.#versions.get(key) ?? []
    const index = versions.findIndex((version) => version.versionId === versionId)
    if (index === -1) return []
    const removed = versions.splice(index, 1)
    if (versions.length === 0) {
      this.#versions.delete(key)
      this.keys.delete(key)
    }
    return removed.flatMap(({ blobs }) => blobs)
  }

  addUpload(upload: MultipartUpload): void {
    this.#uploads.set(upload.uploadId, { upload, parts: new Map() })
  }

  putPart(uploadId: string, part: UploadPart): readonly Blob[] {
    const parts = this.#uploads.get(uploadId)?.parts
    const replaced = parts?.get(part.partNumber)
    parts?.set(part.partNumber, part)
    return replaced?.blobs ?? []
  }

  abortUpload(uploadId: string): readonly Blob[] {
    const parts = this.#uploads.get(uploadId)?.parts.values() ?? []
    this.#uploads.delete(uploadId)
    return [...parts].flatMap(({ blobs }) => blobs)
  }

  /** Records that rebuild the bucket. */
  *records(): Generator<JournalRecord> {
    const { name: bucket, created, configuration } = this
    yield { type: 'bucket', name: bucket, isVersioned: configuration.isVersioned, created }
    for (let index = 0; index < this.keys.length; index += 1) {
      for (const version of this.versionsOf(this.keys.at(index) as string).toReversed()) {
        yield { type: 'put', bucket, version }
      }
    }
    for (const { upload, parts } of this.#uploads.values()) {
      yield { type: 'upload', bucket, upload }
      for (const part of parts.values()) yield { type: 'part', bucket, uploadId: upload.uploadId, part }
    }
  }

  *blobs(): Generator<Blob> {
    for (const versions of this.#versions.values()) for (const { blobs } of versions) yield* blobs
    for (const { parts } of this.#uploads.values()) for (const { blobs } of parts.values()) yield* blobs
  }

  /** Closes the version's upload and returns the blobs of unused parts. */
  #closeUpload(version: ObjectVersion): readonly Blob[] {
    if (version.uploadId === undefined || !this.#uploads.has(version.uploadId)) return []
    const used = new Set(version.blobs.map(({ id }) => id))
    return this.abortUpload(version.uploadId).filter(({ id }) => !used.has(id))
  }
}

function isNullVersion({ versionId }: ObjectVersion): boolean {
  return versionId === NULL_VERSION
}
