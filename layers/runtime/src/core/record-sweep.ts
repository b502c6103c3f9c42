import { MetricUnit } from '@aws-lambda-powertools/metrics'
import { logger } from './logger.ts'
import { metrics } from './metrics.ts'

/** One log line and one metrics document for a sweep over the open jobs: how many were in which state. */
export function recordSweep(counts: Readonly<Record<string, number>>): void {
  logger.info('swept', counts)
  metrics.addDimension('operation', 'SweepJobs')
  for (const [state, count] of Object.entries(counts)) {
    metrics.addMetric(`${state.charAt(0).toUpperCase()}${state.slice(1)}Jobs`, MetricUnit.Count, count)
  }
  metrics.publishStoredMetrics()
}
