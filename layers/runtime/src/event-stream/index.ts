import '../core/index.ts'

export { encodeEvent, encodeException, encodeFrame, readEventHead } from './frame-codec.ts'
export { type Frame, FrameError, FrameReader, FrameSource, MOST_FRAME_BYTES } from './frames.ts'
