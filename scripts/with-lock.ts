import { mkdir, rm, stat } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'

/** A build takes about a second, so the process that held a lock this long has ended. */
const ABANDONED_AFTER_MS = 30_000
const POLL_MS = 20

/**
 * Runs what only one process at a time may do: a stack, a test and a build share dist/. The lock is a directory, because
 * making one is atomic on every system.
 */
export async function withLock<Outcome>(path: string, run: () => Promise<Outcome>): Promise<Outcome> {
  while (!(await take(path))) await wait(POLL_MS)
  try {
    return await run()
  } finally {
    await rm(path, { recursive: true, force: true })
  }
}

async function take(path: string): Promise<boolean> {
  try {
    await mkdir(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const since = await stat(path).catch(() => undefined)
  if (since && Date.now() - since.mtimeMs > ABANDONED_AFTER_MS) await rm(path, { recursive: true, force: true })
  return false
}
