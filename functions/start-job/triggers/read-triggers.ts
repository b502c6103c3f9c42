import { isObject } from '@bedrock-functions/runtime/json'

/** Object that was written under inbox/. */
export interface DroppedObject {
  readonly type: 'object'
  readonly bucket: string
  readonly key: string
  readonly versionId?: string
  readonly size: number
  readonly sequencer: string
}

/** Custom event that asks for an inference. */
export interface RequestedInference {
  readonly type: 'request'
  readonly eventId: string
  readonly detail: Record<string, unknown>
}

export type Trigger = DroppedObject | RequestedInference

interface BusEvent {
  readonly id: string
  readonly source: string
  readonly detail: Record<string, unknown>
}

/**
 * Reads an event that starts jobs: an S3 event from EventBridge, an S3 event notification (for buckets that are configured
 * elsewhere), or "Inference Requested" from the bus.
 *
 * @returns undefined for any other event
 */
export function readTriggers(event: unknown): Trigger[] | undefined {
  if (!isObject(event)) return undefined
  if (Array.isArray(event.Records)) return event.Records.map(readNotification)
  if (typeof event['detail-type'] !== 'string' || !isObject(event.detail)) return undefined
  const { id, source, detail } = event as unknown as BusEvent
  return [source === 'aws.s3' ? readObjectEvent(detail) : { type: 'request', eventId: id, detail }]
}

/**
 * Reads an S3 event from EventBridge. Its key is not encoded. Source: Amazon S3 User Guide, "EventBridge event message
 * structure".
 */
function readObjectEvent(detail: Record<string, unknown>): DroppedObject {
  const { bucket, object } = detail as {
    bucket: { name: string }
    object: { key: string; size?: number; 'version-id'?: string; sequencer: string }
  }
  const { key, size = 0, sequencer, 'version-id': versionId } = object
  return { type: 'object', bucket: bucket.name, key, size, sequencer, ...(versionId !== undefined && { versionId }) }
}

/**
 * Reads a record of an S3 event notification. Its key is URL-encoded, with a plus sign for a space.
 * Source: Amazon S3 User Guide, "Event message structure".
 */
function readNotification(record: unknown): DroppedObject {
  const { s3 } = record as {
    s3: {
      bucket: { name: string }
      object: { key: string; size?: number; versionId?: string; sequencer: string }
    }
  }
  const { key, size = 0, sequencer, versionId } = s3.object
  return {
    type: 'object',
    bucket: s3.bucket.name,
    key: decodeURIComponent(key.replaceAll('+', ' ')),
    size,
    sequencer,
    ...(versionId !== undefined && { versionId }),
  }
}
