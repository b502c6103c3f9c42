import { randomUUID } from 'node:crypto'
import { StateJournal } from '../../storage/state-journal.ts'
import { FunctionNotFoundError, LambdaError } from '../errors.ts'
import { type Attempt, type Invoke, runAttempt } from './attempt.ts'
import { EventState } from './event-state.ts'
import { renderFailureRecord } from './failure-record.ts'
import {
  type AsynchronousFunction,
  EVENT_LIMIT_BYTES,
  type EventRecord,
  type FailureCondition,
  type PendingEvent,
} from './model.ts'
import { createTurns } from './turns.ts'

/** Source: Lambda developer guide, "How Lambda handles errors and retries with asynchronous invocation". */
const RETRY_DELAYS_MS = [60_000, 120_000]

/** Bounds of the time between attempts that do not count and between sends of a failure record. Same source. */
const MIN_BACKOFF_MS = 1_000
const MAX_BACKOFF_MS = 300_000

/** Leaves some of the local stack's 20 workers to synchronous requests. */
const MAX_CONCURRENCY = 16

/** Names and numbers of one attempt, or of the end without one; without the event and the answer. */
export interface AttemptOutcome {
  readonly functionName: string
  /** Shared by all attempts of an event. */
  readonly requestId: string
  /** The first attempt is 1. */
  readonly attempt: number
  /** `postponed`: throttled or stopped, does not count as an attempt. `expired`: too old for another attempt. */
  readonly outcome: 'succeeded' | 'failed' | 'postponed' | 'expired'
  readonly errorType?: string
  readonly durationMs: number
  /** Time until the next attempt. Undefined after the last one. */
  readonly retryInMs?: number
  /** Queue of the event's failure record. */
  readonly destination?: string
}

export interface AsynchronousInvocationsOptions {
  /** Directory of the state, created when it is missing. One process at a time. */
  readonly directory: string
  readonly functions: readonly AsynchronousFunction[]
  readonly invoke: Invoke
  /** Resolves when the queue has stored the record. A repeated record has the same `id`. */
  readonly sendToQueue: (queueName: string, body: string, id: string) => Promise<void>
  /** Delays after the first failure, the second and so on; 1 and 2 minutes by default. */
  readonly retryDelaysMs?: readonly number[]
  /** Most invocations at once, of all functions together; 16 by default. A function without one may always start one. */
  readonly maxConcurrency?: number
  /** Called once for each attempt and for an expired event. */
  readonly onOutcome?: (outcome: AttemptOutcome) => void
  /** Called for a failure of the queue itself: a full disk, a destination that takes no record. It tries again. */
  readonly onFault?: (error: unknown) => void
}

export interface EnqueuedEvent {
  readonly functionName: string
  /** JSON, at most 1 MB. */
  readonly payload: Buffer
  /** An id is accepted once for a function: within ten minutes, and until its event has ended. */
  readonly id?: string
}

export interface AsynchronousInvocations {
  /** Resolves when the event is durable. Rejects with a LambdaError for an event that Lambda refuses. */
  enqueue(event: EnqueuedEvent): Promise<void>
  /** Starts to invoke, first the events of earlier runs. */
  start(): void
  /** Running invocations are repeated after the next start. */
  close(): Promise<void>
}

/** Lambda refuses the payload of an asynchronous invocation. */
export class EventRefusedError extends LambdaError {}

/**
 * Lambda's queue of asynchronous invocations. An accepted event is invoked at least once, however the process ends. A
 * failed event is retried; at last its failure destination gets a record. Rejects with a DirectoryInUseError when another
 * process uses the directory and with a JournalError when the journal is damaged.
 */
export async function createAsynchronousInvocations(
  options: AsynchronousInvocationsOptions,
): Promise<AsynchronousInvocations> {
  const { invoke, sendToQueue, onOutcome, onFault, retryDelaysMs = RETRY_DELAYS_MS } = options
  const functions = new Map(options.functions.map((model) => [model.functionName, model]))
  const state = new EventState()
  const journal = await StateJournal.open<EventRecord>(options.directory, state)
  const timers = new Set<NodeJS.Timeout>()
  const turns = createTurns<PendingEvent>({
    functions: options.functions,
    maxConcurrency: options.maxConcurrency ?? MAX_CONCURRENCY,
    run: (pending) =>
      attempt(pending).catch((error) => {
        // An attempt that the journal did not take, because the disk is full, has not happened.
        onFault?.(error)
        postpone(pending)
      }),
  })
  /** Number of consecutive attempts that did not count. */
  const postponements = new Map<PendingEvent, number>()
  let phase: 'accepting' | 'invoking' | 'closed' = 'accepting'

  function later(delayMs: number, run: () => void): void {
    if (phase === 'closed') return
    const timer = setTimeout(
      () => {
        timers.delete(timer)
        run()
      },
      Math.max(0, delayMs),
    )
    timers.add(timer)
  }

  function resume(pending: PendingEvent): void {
    const { event, attempts, lastFailure, condemned } = pending
    const model = functions.get(event.functionName)
    // The template no longer has the function, but it may return.
    if (!model) return
    if (condemned) void sendRecord(pending, model, MIN_BACKOFF_MS)
    else if (lastFailure) invokeLater(pending, lastFailure.at + retryDelay(attempts) - Date.now())
    else turns.add(event.functionName, pending)
  }

  function invokeLater(pending: PendingEvent, delayMs: number): void {
    later(delayMs, () => turns.add(pending.event.functionName, pending))
  }

  function retryDelay(attempts: number): number {
    return retryDelaysMs[Math.min(attempts, retryDelaysMs.length) - 1] ?? 0
  }

  async function attempt(pending: PendingEvent): Promise<void> {
    const { event } = pending
    const model = functions.get(event.functionName) as AsynchronousFunction
    const startedAt = Date.now()
    if (startedAt - event.acceptedAt > model.maximumEventAgeSeconds * 1000) {
      const destination = condemn(pending, model, 'EventAgeExceeded')
      report(pending, { outcome: 'expired', durationMs: 0, ...destination })
      return
    }
    const result = await runAttempt(invoke, event)
    if (phase === 'closed') return
    settle(pending, model, result, Date.now() - startedAt)
  }

  function settle(pending: PendingEvent, model: AsynchronousFunction, result: Attempt, durationMs: number): void {
    const { requestId } = pending.event
    if (result.outcome === 'postponed') {
      const delay = postpone(pending)
      report(pending, { ...result, durationMs, retryInMs: delay })
      return
    }
    postponements.delete(pending)
    if (result.outcome === 'succeeded') {
      journal.commit({ type: 'ended', requestId })
      report(pending, { ...result, durationMs })
      return
    }
    const { outcome, response, errorType } = result
    journal.commit({ type: 'failed', requestId, attempts: pending.attempts + 1, response, at: Date.now() })
    const failure = { outcome, errorType, durationMs }
    if (pending.attempts > model.maximumRetryAttempts) {
      report(pending, { ...failure, ...condemn(pending, model, 'RetriesExhausted') })
    } else {
      const delay = retryDelay(pending.attempts)
      invokeLater(pending, delay)
      report(pending, { ...failure, retryInMs: delay })
    }
  }

  function report(pending: PendingEvent, rest: Omit<AttemptOutcome, 'functionName' | 'requestId' | 'attempt'>): void {
    const { functionName, requestId } = pending.event
    // `attempts` already counts a failure.
    const attempt = rest.outcome === 'failed' ? pending.attempts : pending.attempts + 1
    onOutcome?.({ functionName, requestId, attempt, ...rest })
  }

  /** Returns the time until the next attempt. */
  function postpone(pending: PendingEvent): number {
    const times = postponements.get(pending) ?? 0
    postponements.set(pending, times + 1)
    const delay = Math.min(MIN_BACKOFF_MS * 2 ** times, MAX_BACKOFF_MS)
    invokeLater(pending, delay)
    return delay
  }

  /** Returns the queue of the record, if there is one. */
  function condemn(
    pending: PendingEvent,
    model: AsynchronousFunction,
    condition: FailureCondition,
  ): { destination?: string } {
    journal.commit({ type: 'condemned', requestId: pending.event.requestId, condition, at: Date.now() })
    void sendRecord(pending, model, MIN_BACKOFF_MS)
    return model.onFailure ? { destination: model.onFailure.resource } : {}
  }

  /** Sends a record until the queue has it. A record larger than a message is lost, as in AWS. */
  async function sendRecord(pending: PendingEvent, model: AsynchronousFunction, backoff: number): Promise<void> {
    const { requestId } = pending.event
    const record = model.onFailure && renderFailureRecord(pending, model)
    try {
      if (model.onFailure && record !== undefined && Buffer.byteLength(record) <= EVENT_LIMIT_BYTES) {
        await sendToQueue(model.onFailure.resource, record, requestId)
      }
      journal.commit({ type: 'ended', requestId })
    } catch (error) {
      onFault?.(error)
      const next = Math.min(backoff * 2, MAX_BACKOFF_MS)
      later(backoff, () => void sendRecord(pending, model, next))
    }
  }

  return {
    async enqueue({ functionName, payload, id }) {
      if (!functions.has(functionName)) throw new FunctionNotFoundError(functionName)
      const text = checkPayload(payload)
      if (id !== undefined && state.knows(functionName, id)) return
      const requestId = randomUUID()
      const event = { requestId, functionName, payload: text, acceptedAt: Date.now(), ...(id !== undefined && { id }) }
      journal.commit({ type: 'accepted', event })
      const pending = state.get(requestId)
      if (pending && phase === 'invoking') turns.add(functionName, pending)
    },
    start() {
      if (phase !== 'accepting') return
      phase = 'invoking'
      for (const pending of state.pending) resume(pending)
      turns.open()
    },
    async close() {
      phase = 'closed'
      turns.close()
      for (const timer of timers) clearTimeout(timer)
      timers.clear()
      await journal.close()
    },
  }
}

function checkPayload(payload: Buffer): string {
  if (payload.length > EVENT_LIMIT_BYTES) {
    const limit = `limit ${EVENT_LIMIT_BYTES} bytes`
    throw new EventRefusedError(`${payload.length} byte payload is too large for the Event invocation type (${limit})`)
  }
  const text = payload.toString()
  try {
    JSON.parse(text)
  } catch (cause) {
    throw new EventRefusedError('Could not parse request body into json', { cause })
  }
  return text
}
