import '../core/index.ts'

export { type AsyncPreference, readPreference } from './deadline.ts'
export { loadConsole } from './load-console.ts'
export { loadOpenApi } from './load-openapi.ts'
export { type ListQuery, readListQuery } from './read-list-query.ts'
export type { Call, FunctionRequest, Route } from './route.ts'
export { createDeferredWork, serveHttp } from './serve.ts'
export { serveEvent } from './serve-event.ts'
