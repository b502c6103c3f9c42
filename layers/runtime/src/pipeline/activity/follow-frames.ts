import type { StreamProgress } from '../../bedrock/read-usage.ts'
import { readEventHead } from '../../event-stream/frame-codec.ts'
import type { Frame } from '../../event-stream/frames.ts'

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

/** The memory of an event beside its payload, about. */
const EVENT_BYTES = 100

/**
 * Keeps a copy of each event that a stream's progress observes; these are the events that the caller gets. Events behind the
 * limit are not kept.
 */
export function followFrames(progress: StreamProgress, maxBytes: number): FollowedFrames {
  const events: FollowedEvent[] = []
  let bytes = 0
  let isCut = false

  function keep({ headers, payload }: Frame): void {
    bytes += payload.length + EVENT_BYTES
    isCut ||= bytes > maxBytes
    // A payload is a view into what may be a large piece; a kept event must not keep that.
    if (!isCut) events.push({ name: readEventHead(headers).name, payload: Buffer.from(payload) })
  }

  const following: StreamProgress = Object.create(progress, {
    observe: {
      value(frame: Frame) {
        const failure = progress.observe(frame)
        if (!failure) keep(frame)
        return failure
      },
    },
  })
  return {
    events,
    get isCut() {
      return isCut
    },
    progress: following,
  }
}
