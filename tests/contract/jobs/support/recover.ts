import { type JobName, parseJobKey } from '@bedrock-functions/runtime/jobs'
import { runJob, sweepJobs } from '@bedrock-functions/runtime/jobs/worker'
import { MINUTE, type ShiftedClock } from './clock.ts'
import { type Stack, takeCalls } from './start-services.ts'

const NEVER = new AbortController().signal

export function sweep(stack: Stack) {
  return sweepJobs({ now: Date.now(), signal: NEVER }, stack)
}

let invocations = 0

/** Invokes the worker once, with Lambda's fifteen minutes by default. */
export function run(stack: Stack, name: JobName, { requestId = '', remainingMs = 15 * MINUTE } = {}) {
  invocations += 1
  const end = performance.now() + remainingMs
  return runJob(
    name,
    { requestId: requestId || `invocation-${invocations}`, remainingMs: () => end - performance.now(), facts: {} },
    stack,
  )
}

/** Invokes a worker for every job that the sweep has called one for. */
export async function answerCalls(stack: Stack): Promise<number> {
  const calls = takeCalls(stack.events)
  for (const key of calls) {
    const name = parseJobKey(key)
    if (name) await run(stack, name)
  }
  return calls.length
}

/** Does what the cloud does by itself: sweeps over time, and the workers that they call. */
export async function letTimePass(stack: Stack, clock: ShiftedClock, sweeps = 3): Promise<void> {
  for (let count = 0; count < sweeps; count += 1) {
    clock.advance(16 * MINUTE)
    await sweep(stack)
    await answerCalls(stack)
  }
}
