import '../core/index.ts'

export { encodeEvent, encodeException, encodeFrame, readEventHead } from './frame-codec.ts'
export { type Frame, FrameError, FrameReader, FrameSource, MAX_FRAME_BYTES } from './frames.ts'
