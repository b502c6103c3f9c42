import type { Frame } from '../../event-stream/frame-reader.ts'
import { readEventHead } from '../../event-stream/read-event-head.ts'
import type { StreamProgress } from '../../http/stream-progress.ts'

/** A stream's events as they passed, up to a size. */
export interface FollowedFrames {
  readonly progress: StreamProgress
  readonly events: readonly FollowedEvent[]
  /** Whether there were more than were kept. */
  readonly isCut: boolean
}

export interface FollowedEvent {
  readonly name: string
  readonly payload: Buffer
}

/** What an event takes in memory beside its payload, about. */
const EVENT_BYTES = 100

/**
 * Keeps a copy of each event that a stream's progress is shown, which are those that go on to the caller: the same for
 * frames and server-sent events. What comes behind the limit is let go.
 */
export function followFrames(progress: StreamProgress, mostBytes: number): FollowedFrames {
  const events: FollowedEvent[] = []
  let bytes = 0
  let isCut = false

  function keep({ headers, payload }: Frame): void {
    bytes += payload.length + EVENT_BYTES
    isCut ||= bytes > mostBytes
    // A payload is a view into what may be a large piece; what is kept must not keep that.
    if (!isCut) events.push({ name: readEventHead(headers).name, payload: Buffer.from(payload) })
  }

  return {
    events,
    get isCut() {
      return isCut
    },
    progress: {
      observe(frame) {
        const failure = progress.observe(frame)
        if (!failure) keep(frame)
        return failure
      },
      get begun() {
        return progress.begun
      },
      get complete() {
        return progress.complete
      },
      get endMarker() {
        return progress.endMarker
      },
      get usage() {
        return progress.usage
      },
    },
  }
}
