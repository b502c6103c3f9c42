import { mkdir, rm, stat } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'

/** A build takes about a second; whoever held a lock this long has died with it. */
const ABANDONED_AFTER_MS = 30_000
const POLL_MS = 20

/**
 * Runs something that only one process at a time may do: a running stack, a test and a build by hand share dist/. A
 * directory is the lock, since making one is atomic everywhere.
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
