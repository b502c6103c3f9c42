import type { ObjectEvent } from './events/object-event.ts'

/** What S3 calls a bucket, with all its keys in memory; the bodies lie in files. */
export interface BucketConfiguration {
  readonly name: string
  /** Whether it keeps every version; off by default. */
  readonly isVersioned: boolean
  /** Whether it sends its events to EventBridge. */
  readonly sendsEvents: boolean
}

/** A piece of an object's body: a file of its own. */
export interface Blob {
  readonly id: string
  /** Bytes. */
  readonly size: number
}

export type ChecksumAlgorithm = 'crc32' | 'crc32c' | 'crc64nvme' | 'sha1' | 'sha256'

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm
  /** Base64; for a composite one followed by `-` and the number of parts. */
  readonly value: string
  readonly type: 'FULL_OBJECT' | 'COMPOSITE'
}

/** What a client says about an object and gets back with it. */
export interface ObjectHeaders {
  /** By header name: content-type, cache-control and their like. */
  readonly system: Readonly<Record<string, string>>
  /** By name behind `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>
}

/** The version id of everything in a bucket without versions. */
export const NULL_VERSION = 'null'

/** One version of an object, or a delete marker. */
export interface ObjectVersion extends ObjectHeaders {
  readonly key: string
  readonly versionId: string
  /** Orders all that ever happened in the store; grows across restarts. */
  readonly sequence: number
  /** Milliseconds since 1970. */
  readonly lastModified: number
  readonly isDeleteMarker: boolean
  /** Without quotes. */
  readonly etag: string
  /** Bytes. */
  readonly size: number
  /** In order; several for a multipart upload, none for an empty body. */
  readonly blobs: readonly Blob[]
  readonly checksum?: Checksum
  /** The multipart upload that it came from: completing that again gives the same answer. */
  readonly uploadId?: string
}

export interface UploadPart {
  readonly partNumber: number
  readonly etag: string
  readonly size: number
  readonly lastModified: number
  readonly blobs: readonly Blob[]
  readonly checksum?: Checksum
}

export interface MultipartUpload extends ObjectHeaders {
  readonly uploadId: string
  readonly key: string
  /** Milliseconds since 1970. */
  readonly initiated: number
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly type: Checksum['type'] }
}

/** Who asked for a change and how: what its event tells beside the object. */
export interface ChangeCause {
  /** Also the id that the client got. */
  readonly requestId: string
  readonly sourceIpAddress: string
  readonly reason: 'PutObject' | 'CopyObject' | 'CompleteMultipartUpload' | 'DeleteObject'
}

/** An event that is due, by what is not known from its version. */
export interface EventCause extends ChangeCause {
  readonly eventId: string
}

/**
 * One line of the journal: a change as a whole. An object and its event stand in one record, so that no crash keeps one
 * of them.
 */
export type JournalRecord =
  | { readonly type: 'bucket'; readonly name: string; readonly isVersioned: boolean; readonly created: number }
  | { readonly type: 'put'; readonly bucket: string; readonly version: ObjectVersion; readonly event?: EventCause }
  | {
      readonly type: 'remove'
      readonly bucket: string
      readonly key: string
      readonly versionId: string
      readonly sequence: number
      readonly time: number
      readonly event?: EventCause
    }
  | { readonly type: 'upload'; readonly bucket: string; readonly upload: MultipartUpload }
  | { readonly type: 'part'; readonly bucket: string; readonly uploadId: string; readonly part: UploadPart }
  | { readonly type: 'abort'; readonly bucket: string; readonly uploadId: string }
  /** An event that was not acknowledged when the journal was rewritten. */
  | { readonly type: 'event'; readonly event: ObjectEvent }
  | { readonly type: 'acknowledged'; readonly eventId: string }
  /** The last sequence when the journal was rewritten: its object may be gone. */
  | { readonly type: 'sequence'; readonly sequence: number }
