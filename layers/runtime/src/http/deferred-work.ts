import { logger } from '../core/logger.ts'
import type { Defer } from '../core/model-call.ts'
import { describeFailure, within } from '../core/within.ts'

/** The work that one invocation has deferred. */
export interface DeferredWork {
  readonly defer: Defer
  /**
   * Does all of it at once, after the answer and before the invocation ends: work that still runs then is frozen with the
   * sandbox. Never throws.
   *
   * @param limitMs milliseconds after which the rest is given up
   */
  settle(limitMs: number): Promise<void>
}

export function createDeferredWork(): DeferredWork {
  const tasks: { readonly name: string; readonly task: () => Promise<void> }[] = []
  return {
    defer(name, task) {
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
