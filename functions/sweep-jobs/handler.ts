import '@bedrock-functions/runtime/preload/sweep-jobs'
import { sweepBatches } from '@bedrock-functions/runtime/batches'
import { createBedrock } from '@bedrock-functions/runtime/bedrock'
import { readConfiguration, readJobsConfiguration, requireJobs } from '@bedrock-functions/runtime/core'
import { logger, recordSweep } from '@bedrock-functions/runtime/core/logging'
import { createEventSender, type SweepReport, sweepJobs } from '@bedrock-functions/runtime/jobs/worker'
import { createObjectStore } from '@bedrock-functions/runtime/object-store'
import { loadAnnouncer, readTableLoader, settleUsage } from '@bedrock-functions/runtime/pipeline/usage'
import type { Context } from 'aws-lambda'

const configuration = readConfiguration(process.env)
const jobs = requireJobs(readJobsConfiguration(process.env))
const dependencies = {
  configuration: jobs,
  bedrock: createBedrock(configuration),
  store: createObjectStore(jobs.bucket),
  events: createEventSender(jobs.eventBusName),
}
const loadUsageTable = readTableLoader(process.env)

/** Time for jobs in progress when the sweep stops. */
const RESERVE_MS = 10_000

/** Scheduled handler that sweeps all open jobs. Returns the number of jobs per state. */
export async function handler(_event: unknown, context: Context): Promise<SweepReport> {
  logger.addContext(context)
  const signal = AbortSignal.timeout(Math.max(1, context.getRemainingTimeInMillis() - RESERVE_MS))
  const onFailed = (reason: unknown) => {
    const error = reason instanceof Error ? reason : new Error(typeof reason)
    // The message is not logged, since it may quote a prompt.
    logger.warn('a job could not be swept', { errorType: error.name })
  }
  const report = await sweepJobs({ now: Date.now(), signal, onFailed }, dependencies)
  const started = await sweepBatches(Date.now(), dependencies).catch(onFailed)
  if (started) logger.warn('batches were started whose event was lost', { batches: started })
  if (loadUsageTable) {
    const settled = await loadUsageTable()
      .then((table) => settleUsage(table, dependencies.store, signal))
      .catch(onFailed)
    if (settled) logger.warn('usage was added that had waited', { objects: settled })
    const announced = await Promise.all([loadUsageTable(), loadAnnouncer()])
      .then(([table, { announceBudgets }]) => announceBudgets(table, dependencies.events, Date.now()))
      .catch(onFailed)
    if (announced) logger.info('budgets were announced', { events: announced })
  }
  recordSweep({ ...report })
  return report
}
