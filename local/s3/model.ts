import type { ObjectEvent } from './events/object-event.ts'

/** Settings of a bucket. */
export interface BucketConfiguration {
  readonly name: string
  /** Keeps every version. */
  readonly isVersioned: boolean
  /** Sends its events to EventBridge. */
  readonly sendsEvents: boolean
}

/** A file with an object's body or one part of it. */
export interface Blob {
  readonly id: string
  /** Bytes. */
  readonly size: number
}

export type ChecksumAlgorithm = 'crc32' | 'crc32c' | 'crc64nvme' | 'sha1' | 'sha256'

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm
  /** Base64; a composite checksum ends in `-` and the number of parts. */
  readonly value: string
  readonly type: 'FULL_OBJECT' | 'COMPOSITE'
}

/** Headers that a client stores with an object. */
export interface ObjectHeaders {
  /** Values by header name, such as content-type. */
  readonly system: Readonly<Record<string, string>>
  /** Values by name without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>
}

/** Version id of all objects in a bucket without versions. */
export const NULL_VERSION = 'null'

/** One version of an object, or a delete marker. */
export interface ObjectVersion extends ObjectHeaders {
  readonly key: string
  readonly versionId: string
  /** Number of the change in the whole store; grows across restarts. */
  readonly sequence: number
  /** Milliseconds since 1970. */
  readonly lastModified: number
  readonly isDeleteMarker: boolean
  /** Without quotes. */
  readonly etag: string
  /** Bytes. */
  readonly size: number
  /** Files in order: several for a multipart upload, none for an empty body. */
  readonly blobs: readonly Blob[]
  readonly checksum?: Checksum
  /** Multipart upload that made it. Completing that upload again gives the same answer. */
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

/** Request behind a change, for its event. */
export interface ChangeCause {
  /** Id that the client received. */
  readonly requestId: string
  readonly sourceIpAddress: string
  readonly reason: 'PutObject' | 'CopyObject' | 'CompleteMultipartUpload' | 'DeleteObject'
}

/** Parts of an event that its version does not hold. */
export interface EventCause extends ChangeCause {
  readonly eventId: string
}

/** One line of the journal, a whole change. An object and its event are one record, so that a crash loses both or none. */
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
  /** Last sequence when the journal was rewritten; its object may be deleted. */
  | { readonly type: 'sequence'; readonly sequence: number }
