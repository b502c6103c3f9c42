import { Tracer } from '@aws-lambda-powertools/tracer'

/**
 * Tracer of the suite. It loads the X-Ray SDK, which takes longer than all other modules together, so traceCall imports this
 * module only for traced invocations. HTTPS capture is off: it would patch all later connections in the sandbox, and the
 * subsegment of traceCall says more.
 */
export const tracer = new Tracer({ captureHTTPsRequests: false })
