export type { FunctionRequest } from './request.ts'
export type { Call, Facts, Route, StreamReply } from './route.ts'
export { type ServeOptions, type StreamingHandler, serve } from './serve.ts'
