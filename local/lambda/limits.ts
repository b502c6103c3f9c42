/** Lambda's quotas. Source: Lambda developer guide, "Lambda quotas"; the runtime's own error messages. */

/** Bytes of the event of a synchronous invocation. */
export const REQUEST_LIMIT_BYTES = 6_291_456

/** Bytes of a buffered response: 100 more than of the request, as Lambda's message says. */
export const BUFFERED_RESPONSE_LIMIT_BYTES = 6_291_556

/** Bytes of a streamed response. */
export const STREAMED_RESPONSE_LIMIT_BYTES = 200 * 1024 * 1024

/** Time of the init phase. Lambda then repeats it within the invocation; here the longer limit counts. */
export const MAX_INIT_MS = 10_000

/** Invocations of one function that may wait for a worker: Lambda's concurrency of an account. More are refused with 429. */
export const QUEUE_LIMIT = 1_000
