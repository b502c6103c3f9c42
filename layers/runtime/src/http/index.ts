export { createAfterwards } from './deferred-work.ts'
export type { Call, Facts, Route, StreamReply } from './route.ts'
export { serve } from './serve.ts'
