import '../core/index.ts'

export { type ForwardOptions, forwardStream } from './forward-stream.ts'
export { chooseFormat } from './stream-format.ts'
