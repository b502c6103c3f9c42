import { logger } from '../core/logger.ts'

/**
 * Puts off what the caller need not wait for until the answer has been sent. Its failure is logged and is nobody's else.
 *
 * @param name for the log, e.g. `ActivityLog`
 */
export type Afterwards = (name: string, task: () => Promise<void>) => void

/** What one invocation has put off. */
export interface PendingWork {
  readonly afterwards: Afterwards
  /**
   * Does all of it at once, behind the answer and before the invocation ends: what still runs then is frozen with the
   * sandbox. Never throws.
   *
   * @param limitMs milliseconds after which the rest is given up
   */
  settle(limitMs: number): Promise<void>
}

export function createAfterwards(): PendingWork {
  const tasks: { readonly name: string; readonly task: () => Promise<void> }[] = []
  return {
    afterwards(name, task) {
      tasks.push({ name, task })
    },
    async settle(limitMs) {
      await Promise.all(tasks.splice(0).map(({ name, task }) => settleOne(name, task, limitMs)))
    },
  }
}

async function settleOne(name: string, task: () => Promise<void>, limitMs: number): Promise<void> {
  try {
    await within(limitMs, task())
  } catch (error) {
    logger.error(`${name} failed`, describeFailure(error))
  }
}

/** The outcome, or an error after that time; a promise that comes too late is left to itself. */
export async function within<Outcome>(limitMs: number, outcome: Promise<Outcome>): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined
  const expired = new Promise<never>((_, reject) => {
    const error = Object.assign(new Error(`it took longer than ${Math.round(limitMs)} ms`), { name: 'TimeoutError' })
    timer = setTimeout(() => reject(error), Math.max(limitMs, 0))
  })
  try {
    return await Promise.race([outcome, expired])
  } finally {
    clearTimeout(timer)
    // Nobody listens to it any more.
    outcome.catch(() => {})
  }
}

/** S3's errors by name and code. Messages may quote what was to be written, and stay out. */
export function describeFailure(error: unknown): Record<string, string> {
  if (!(error instanceof Error)) return {}
  const { name, code } = error as { name: string; code?: unknown }
  return { causeName: name, ...(typeof code === 'string' && { causeCode: code }) }
}
