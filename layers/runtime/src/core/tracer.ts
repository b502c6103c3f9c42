import { Tracer } from '@aws-lambda-powertools/tracer'

/**
 * The one tracer. The X-Ray SDK that it brings costs more to load than everything else together, so that this module is
 * imported only for an invocation that is traced (see trace-call.ts). HTTPS capture stays off: it would patch the
 * connections of all that follows in the same sandbox, and the subsegment below says more.
 */
export const tracer = new Tracer({ captureHTTPsRequests: false })
