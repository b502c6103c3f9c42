import type { StreamProgress } from '../../bedrock/read-usage.ts'
import { readEventHead } from '../../event-stream/frame-codec.ts'
import type { Frame } from '../../event-stream/frames.ts'

/** Events of a stream, up to a size limit. */
export interface FollowedFrames {
  readonly progress: StreamProgress
  readonly events: readonly FollowedEvent[]
  /** True if some events were not kept. */
  readonly isCut: boolean
}

export interface FollowedEvent {
  readonly name: string
  readonly payload: Buffer
}

/** Approximate memory of an event in addition to its payload. */
const EVENT_BYTES = 100

/**
 * Keeps a copy of each event that a stream's progress observes, until their size exceeds `maxBytes`. The caller gets these
 * events.
 */
export function followFrames(progress: StreamProgress, maxBytes: number): FollowedFrames {
  const events: FollowedEvent[] = []
  let bytes = 0
  let isCut = false

  function keep({ headers, payload }: Frame): void {
    bytes += payload.length + EVENT_BYTES
    isCut ||= bytes > maxBytes
    // A copy: the payload is a view into a piece that may be large and should be released.
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
