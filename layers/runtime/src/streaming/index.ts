export { type ForwardOptions, forwardStream, type Sink, type StreamEnd } from './forward-stream.ts'
export { chooseFormat, FRAMES, SERVER_SENT_EVENTS, type StreamFormat } from './stream-format.ts'
export { followConverse, followInvokeModel, type StreamProgress } from './stream-progress.ts'
