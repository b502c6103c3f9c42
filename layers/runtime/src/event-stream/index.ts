export { encodeEvent, encodeException, encodeFrame } from './encode-frame.ts'
export { type Frame, FrameError, FrameReader, MOST_FRAME_BYTES } from './frame-reader.ts'
export { FrameSource } from './frame-source.ts'
export { readEventHead } from './read-event-head.ts'
