import { type EventCause, NULL_VERSION, type ObjectVersion } from '../model.ts'

/** An event of S3 for EventBridge. Source: Amazon S3 User Guide, "EventBridge event message structure". */
export interface ObjectEvent {
  readonly version: '0'
  readonly id: string
  readonly 'detail-type': 'Object Created' | 'Object Deleted'
  readonly source: 'aws.s3'
  readonly account: string
  /** ISO 8601, whole seconds. */
  readonly time: string
  readonly region: string
  readonly resources: readonly [string]
  readonly detail: {
    readonly version: '0'
    readonly bucket: { readonly name: string }
    readonly object: {
      /** Not URL-encoded, unlike in S3's own notifications. */
      readonly key: string
      readonly size?: number
      readonly etag?: string
      readonly 'version-id'?: string
      /** Hexadecimal of fixed length; a later change of the same key has a greater one. */
      readonly sequencer: string
    }
    readonly 'request-id': string
    readonly requester: string
    readonly 'source-ip-address': string
    readonly reason: EventCause['reason']
    readonly 'deletion-type'?: 'Permanently Deleted' | 'Delete Marker Created'
  }
}

/** Owner of all buckets. */
export interface Owner {
  readonly accountId: string
  readonly region: string
}

const SEQUENCER_DIGITS = 16

interface Change {
  readonly bucket: string
  readonly cause: EventCause
  readonly owner: Owner
}

/** Renders the creation of `version`, an object or a delete marker. */
export function createdEvent(version: ObjectVersion, change: Change): ObjectEvent {
  const { key, versionId, sequence, size, etag, lastModified, isDeleteMarker } = version
  return renderEvent(isDeleteMarker ? 'Object Deleted' : 'Object Created', change, lastModified, {
    object: {
      key,
      ...(!isDeleteMarker && { size, etag }),
      ...(versionId !== NULL_VERSION && { 'version-id': versionId }),
      sequencer: renderSequencer(sequence),
    },
    ...(isDeleteMarker && { 'deletion-type': 'Delete Marker Created' as const }),
  })
}

/** Renders a removal; without `versionId` where the bucket has no versions. */
export function removedEvent(
  removed: { key: string; sequence: number; time: number; versionId?: string },
  change: Change,
): ObjectEvent {
  return renderEvent('Object Deleted', change, removed.time, {
    object: {
      key: removed.key,
      ...(removed.versionId !== undefined && { 'version-id': removed.versionId }),
      sequencer: renderSequencer(removed.sequence),
    },
    'deletion-type': 'Permanently Deleted',
  })
}

function renderEvent(
  detailType: ObjectEvent['detail-type'],
  { bucket, cause, owner }: Change,
  time: number,
  { object, ...rest }: Pick<ObjectEvent['detail'], 'object' | 'deletion-type'>,
): ObjectEvent {
  return {
    version: '0',
    id: cause.eventId,
    'detail-type': detailType,
    source: 'aws.s3',
    account: owner.accountId,
    time: new Date(time).toISOString().replace(/\.\d+Z$/, 'Z'),
    region: owner.region,
    resources: [`arn:aws:s3:::${bucket}`],
    detail: {
      version: '0',
      bucket: { name: bucket },
      object,
      'request-id': cause.requestId,
      requester: owner.accountId,
      'source-ip-address': cause.sourceIpAddress,
      reason: cause.reason,
      ...rest,
    },
  }
}

function renderSequencer(sequence: number): string {
  return sequence.toString(16).padStart(SEQUENCER_DIGITS, '0')
}
