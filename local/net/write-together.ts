/** Stream whose writes can be kept together, as those of Node. */
interface Corkable {
  cork(): void
  uncork(): void
  readonly writableCorked: number
}

/** Sends what is written to `stream` in this turn of the event loop by one call of the system, at the end of the turn. */
export function writeTogether(stream: Corkable): void {
  if (stream.writableCorked > 0) return
  stream.cork()
  setImmediate(() => stream.uncork())
}
