import { setTimeout as wait } from 'node:timers/promises'
import type { ObjectStore } from '../core/object-store.ts'
import type { JobEnd } from './documents.ts'
import type { JobName } from './layout.ts'
import { readJobFile } from './read-job.ts'

const FIRST_WAIT_MS = 150
const MAX_WAIT_MS = 1000

/**
 * Waits for a job's end.
 *
 * @returns undefined for a job that has not ended after `waitMs`, and where `signal` ends the wait
 */
export async function awaitEnd(
  store: ObjectStore,
  name: JobName,
  waitMs: number,
  signal: AbortSignal,
): Promise<JobEnd | undefined> {
  const until = performance.now() + waitMs
  for (let pause = FIRST_WAIT_MS; ; pause = Math.min(1.5 * pause, MAX_WAIT_MS)) {
    const remaining = until - performance.now()
    if (remaining <= 0 || signal.aborted) return undefined
    // Rejects when the signal ends the wait; the check above then returns.
    await wait(Math.min(pause, remaining), undefined, { signal }).catch(() => {})
    const end = await readJobFile<JobEnd>(store, name, 'end.json')
    if (end) return end.document
  }
}
