import { type Frame, FrameError, MAX_FRAME_BYTES } from './frames.ts'

const LINE_FEED = 0x0a

/**
 * Reader that splits the bytes of `text/event-stream` into events. An event is a frame whose headers are the name of the event,
 * empty without one, and whose payload is its data. Comments are frames without data.
 * Source: the HTML standard, "Server-sent events".
 */
export class EventReader {
  #held: Buffer = Buffer.alloc(0)

  /**
   * @returns `completed`, to which the events that these bytes complete are added
   * @throws FrameError for an event that is longer than a frame may be
   */
  push(chunk: Buffer, completed: Frame[] = []): Frame[] {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    let start = 0
    for (let end = findEnd(bytes, start); end !== -1; end = findEnd(bytes, start)) {
      completed.push(readEvent(bytes.subarray(start, end)))
      start = end
    }
    this.#held = bytes.subarray(start)
    if (this.#held.length > MAX_FRAME_BYTES) throw new FrameError(`an event is longer than ${MAX_FRAME_BYTES} bytes`)
    return completed
  }

  /** Bytes of an incomplete event. A value above 0 at the end of the stream means that it was truncated. */
  get incompleteBytes(): number {
    return this.#held.length
  }
}

/** Returns the offset after the empty line that ends an event; -1 if it has not come. */
function findEnd(bytes: Buffer, start: number): number {
  for (let feed = bytes.indexOf(LINE_FEED, start); feed !== -1; feed = bytes.indexOf(LINE_FEED, feed + 1)) {
    if (bytes[feed + 1] === LINE_FEED) return feed + 2
    if (bytes[feed + 1] === 0x0d && bytes[feed + 2] === LINE_FEED) return feed + 3
  }
  return -1
}

function readEvent(bytes: Buffer): Frame {
  let headers = Buffer.alloc(0)
  const data: Buffer[] = []
  for (const line of linesOf(bytes)) {
    if (line.subarray(0, 6).equals(EVENT)) headers = Buffer.from(trimStart(line.subarray(6)))
    else if (line.subarray(0, 5).equals(DATA)) data.push(trimStart(line.subarray(5)))
  }
  const [first, ...others] = data
  const payload = first && others.length === 0 ? first : Buffer.from(data.map(String).join('\n'))
  return { bytes, headers, payload }
}

const EVENT = Buffer.from('event:')
const DATA = Buffer.from('data:')

function* linesOf(bytes: Buffer): Generator<Buffer> {
  let start = 0
  for (let feed = bytes.indexOf(LINE_FEED); feed !== -1; feed = bytes.indexOf(LINE_FEED, start)) {
    const end = bytes[feed - 1] === 0x0d ? feed - 1 : feed
    yield bytes.subarray(start, end)
    start = feed + 1
  }
}

function trimStart(value: Buffer): Buffer {
  return value[0] === 0x20 ? value.subarray(1) : value
}
