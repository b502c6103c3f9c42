/** Lambda's quotas. Source: Lambda developer guide, "Lambda quotas"; the runtime's own error messages. */

/** The event of a synchronous invocation, bytes. */
export const REQUEST_LIMIT_BYTES = 6_291_456

/** A buffered response, bytes: 100 more than the request, as Lambda's own message says. */
export const BUFFERED_RESPONSE_LIMIT_BYTES = 6_291_556

/** A streamed response, bytes. */
export const STREAMED_RESPONSE_LIMIT_BYTES = 200 * 1024 * 1024

/** The init phase, milliseconds. Lambda then repeats it within the invocation; here the longer of the two counts. */
export const INIT_LIMIT_MILLISECONDS = 10_000

/** Invocations of one function that may wait for a worker: Lambda's concurrency of an account. Beyond it: 429. */
export const QUEUE_LIMIT = 1_000
