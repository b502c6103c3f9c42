import '../core/index.ts'

export {
  type EventHead,
  encodeEvent,
  encodeException,
  encodeFrame,
  type FrameHeader,
  readEventHead,
  readHeaders,
  withPayload,
} from './frame-codec.ts'
export { type Frame, FrameError, FrameReader, FrameSource, MAX_FRAME_BYTES } from './frames.ts'
