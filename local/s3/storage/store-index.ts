import { createdEvent, type ObjectEvent, type Owner, removedEvent } from '../events/object-event.ts'
import { type Blob, type JournalRecord, NULL_VERSION } from '../model.ts'
import { Bucket } from './bucket.ts'

interface StoreIndexOptions {
  readonly owner: Owner
  readonly onEvent: (event: ObjectEvent) => void
  readonly onAcknowledged: (eventId: string) => void
}

/** State of the journal, in memory. */
export class StoreIndex {
  readonly buckets = new Map<string, Bucket>()
  readonly #options: StoreIndexOptions
  #lastSequence = 0

  constructor(options: StoreIndexOptions) {
    this.#options = options
  }

  get lastSequence(): number {
    return this.#lastSequence
  }

  /**
   * Makes one change and returns the blobs that are no longer referenced. `unsorted` is for many changes in a row. Throws
   * for a record of an unknown bucket, which means a damaged journal.
   */
  apply(record: JournalRecord, addKey: 'sorted' | 'unsorted'): readonly Blob[] {
    switch (record.type) {
      case 'bucket': {
        const { name, isVersioned, created } = record
        this.buckets.set(name, new Bucket({ name, isVersioned, sendsEvents: true }, created))
        return []
      }
      case 'put':
        return this.#put(record, addKey)
      case 'remove':
        return this.#remove(record)
      case 'upload':
        this.#bucket(record.bucket).addUpload(record.upload)
        return []
      case 'part':
        return this.#bucket(record.bucket).putPart(record.uploadId, record.part)
      case 'abort':
        return this.#bucket(record.bucket).abortUpload(record.uploadId)
      case 'event':
        this.#options.onEvent(record.event)
        return []
      case 'acknowledged':
        this.#options.onAcknowledged(record.eventId)
        return []
      case 'sequence':
        this.#lastSequence = record.sequence
        return []
    }
  }

  /** Records that rebuild the index, without replaced ones. */
  *records(pendingEvents: Iterable<ObjectEvent>): Generator<JournalRecord> {
    for (const bucket of this.buckets.values()) yield* bucket.records()
    for (const event of pendingEvents) yield { type: 'event', event }
    yield { type: 'sequence', sequence: this.#lastSequence }
  }

  /** Number of `records`, without events. */
  countRecords(): number {
    let count = 0
    for (const _record of this.records([])) count += 1
    return count
  }

  #put({ bucket, version, event }: JournalRecord & { type: 'put' }, addKey: 'sorted' | 'unsorted'): readonly Blob[] {
    this.#lastSequence = Math.max(this.#lastSequence, version.sequence)
    const unused = this.#bucket(bucket).put(version, addKey)
    const { owner, onEvent } = this.#options
    if (event) onEvent(createdEvent(version, { bucket, cause: event, owner }))
    return unused
  }

  #remove(record: JournalRecord & { type: 'remove' }): readonly Blob[] {
    const { bucket, key, sequence, time, event } = record
    this.#lastSequence = Math.max(this.#lastSequence, sequence)
    const unused = this.#bucket(bucket).remove(key, record.versionId)
    const { owner, onEvent } = this.#options
    const versionId = record.versionId === NULL_VERSION ? {} : { versionId: record.versionId }
    if (event) onEvent(removedEvent({ key, sequence, time, ...versionId }, { bucket, cause: event, owner }))
    return unused
  }

  #bucket(name: string): Bucket {
    const bucket = this.buckets.get(name)
    if (!bucket) throw new Error(`the journal has a record of bucket ${name}, which it never created`)
    return bucket
  }
}
