import type { Frame } from './frames.ts'

/** Format of a stream for the caller. */
export interface StreamFormat {
  readonly contentType: string
  /** Headers in addition to the content type, which prevent proxies from buffering the stream. */
  readonly headers: Readonly<Record<string, string>>
  /** Encodes frames that are contiguous in memory. */
  encode(frames: readonly Frame[]): Buffer
  /** Encodes the last event of a failed stream. `type` is e.g. `ModelStreamErrorException`. */
  encodeError(type: string, message: string): Buffer
  /** Bytes to send during silence, to keep the connection open; undefined if the format has none. */
  readonly heartbeat: Buffer | undefined
}
