import type { Clock } from '../async-invoke/clock.ts'
import { type ObjectAccess, ObjectRefusedError } from '../async-invoke/object-access.ts'
import { batchMessages, storageLost } from '../messages.ts'
import type { AnswerRecord } from './answer-record.ts'
import { type BatchJob, type BatchStatus, hasEnded, type JobFacts, type RecordCounts } from './batch-job.ts'
import type { BatchSettings, TimedState } from './batch-settings.ts'
import { createBreather } from './breather.ts'
import { InputRefusedError } from './input-refused-error.ts'
import { processRecords } from './process-records.ts'
import { validateInput } from './validate-input.ts'

export interface JobContext {
  readonly objects: ObjectAccess
  readonly settings: BatchSettings
  readonly answer: AnswerRecord
  readonly clock: Clock
  /** Aborted when the job is stopped. */
  readonly stopped: AbortSignal
  /** Aborted when the emulator ends: the job stays as it is. */
  readonly closed: AbortSignal
  /** Aborted with either of the two. */
  readonly interrupted: AbortSignal
  /** The job as it is now. */
  current(): BatchJob
  /** Moves the job to a state, unless the emulator has ended. */
  move(status: BatchStatus, facts?: JobFacts): void
  onProgress(counts: RecordCounts): void
}

/** Time of retries for an unreachable S3, which may start after the emulator. */
const RETRY_MS = 1_000
const RETRY_PERIOD_MS = 120_000

/** Runs a job from its present state to its end, or until the emulator ends. A job in progress starts its records again. */
export async function runJob(context: JobContext): Promise<void> {
  const { clock, closed } = context
  let failingSince: number | undefined
  while (!closed.aborted && !hasEnded(context.current())) {
    try {
      await STEPS[context.current().status as TimedState](context)
      failingSince = undefined
    } catch (error) {
      if (closed.aborted) return
      if (error instanceof InputRefusedError || error instanceof ObjectRefusedError) {
        fail(context, error.message)
        continue
      }
      // S3 may work again a little later.
      failingSince ??= clock.now()
      if (clock.now() - failingSince >= RETRY_PERIOD_MS) fail(context, storageLost)
      else await waitUntil(clock.now() + RETRY_MS, context)
    }
  }
}

/** Source: the service model, the job's `message`. */
const MAX_MESSAGE_CHARACTERS = 2_048

/** A job that is stopped while it fails is Stopped. */
function fail({ move, stopped }: JobContext, message: string): void {
  if (stopped.aborted) move('Stopped')
  else move('Failed', { message: message.slice(0, MAX_MESSAGE_CHARACTERS) })
}

const STEPS: Readonly<Record<TimedState, (context: JobContext) => Promise<void>>> = {
  async Submitted(context) {
    await stay('Submitted', context)
    context.move('Validating')
  },

  async Validating(context) {
    const job = context.current()
    const breather = createBreather(context.interrupted)
    const valid = await validateInput(job, { ...context, breather }).catch((error: unknown) => {
      if (context.stopped.aborted) return undefined
      throw error
    })
    await stay('Validating', context)
    if (!valid) return
    if (job.fail !== undefined) fail(context, job.fail)
    else context.move('Scheduled', { counts: countsOf(valid.totalRecordCount), inputHash: valid.inputHash })
  },

  async Scheduled(context) {
    const { jobExpirationTime } = context.current()
    await stay('Scheduled', context, jobExpirationTime)
    const isExpired = context.clock.now() >= jobExpirationTime
    if (isExpired) context.move('Expired', { message: batchMessages.expired })
    else context.move('InProgress')
  },

  async InProgress(context) {
    const { clock, closed, stopped, settings } = context
    const job = context.current()
    const { jobExpirationTime, lasts = settings.stateMs.InProgress } = job
    const startedAt = clock.now()
    const counts = await processRecords(job, {
      ...context,
      breather: createBreather(closed),
      async mayContinue(processed) {
        const due = startedAt + (processed * 1_000) / settings.recordsPerSecond
        await waitUntil(Math.min(due, jobExpirationTime), context)
        return clock.now() < jobExpirationTime
      },
      beforeEnd: () => waitUntil(Math.min(job.lastModifiedTime + lasts, jobExpirationTime), context),
    })
    if (stopped.aborted) return
    const isWhole = counts.processedRecordCount === counts.totalRecordCount
    context.move(isWhole ? 'Completed' : 'PartiallyCompleted')
  },

  async Stopping(context) {
    // The signal of the stop would end the wait.
    await stay('Stopping', { ...context, interrupted: context.closed })
    context.move('Stopped')
  },
}

function countsOf(totalRecordCount: number): RecordCounts {
  return { totalRecordCount, processedRecordCount: 0, successRecordCount: 0, errorRecordCount: 0 }
}

/** Waits until the job has been in its state for the time of the settings, at most until `latest`. */
function stay(state: TimedState, context: JobContext, latest = Number.POSITIVE_INFINITY): Promise<void> {
  const due = context.current().lastModifiedTime + context.settings.stateMs[state]
  return waitUntil(Math.min(due, latest), context)
}

/** Longest delay of a timer. */
const MAX_DELAY_MS = 2 ** 31 - 1

/** Resolves at a time, or when the job is stopped or the emulator ends. */
async function waitUntil(
  time: number,
  { clock, interrupted }: Pick<JobContext, 'clock' | 'interrupted'>,
): Promise<void> {
  while (clock.now() < time && !interrupted.aborted) {
    await new Promise<void>((resolve) => {
      const cancel = clock.after(Math.min(time - clock.now(), MAX_DELAY_MS), end)
      function end(): void {
        cancel()
        interrupted.removeEventListener('abort', end)
        resolve()
      }
      interrupted.addEventListener('abort', end, { once: true })
    })
  }
}
