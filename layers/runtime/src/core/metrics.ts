import { Metrics } from '@aws-lambda-powertools/metrics'

/** The one metrics collector; namespace and service come from POWERTOOLS_METRICS_NAMESPACE and POWERTOOLS_SERVICE_NAME. */
export const metrics = new Metrics()
