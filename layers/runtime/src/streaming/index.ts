export { type ForwardOptions, forwardStream, type Sink, type StreamEnd } from './forward-stream.ts'
export { chooseFormat, type StreamFormat } from './stream-format.ts'
export { followConverse, followInvokeModel, type StreamProgress } from './stream-progress.ts'
