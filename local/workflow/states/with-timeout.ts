import { TaskError } from '../task-error.ts'
import { pause } from './pause.ts'

/**
 * Runs work for at most a time, which may be infinite. What is late or stopped runs on, and its result is dropped.
 *
 * @param signal stops the work
 * @throws TaskError States.Timeout, without a cause as in Step Functions; or the signal's reason
 */
export async function withTimeout<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  ms: number,
  signal: AbortSignal,
): Promise<Result> {
  const ended = new AbortController()
  const all = AbortSignal.any([signal, ended.signal])
  const late = pause(ms, all).then(() => {
    throw new TaskError('States.Timeout')
  })
  try {
    return await Promise.race([work(all), late])
  } finally {
    ended.abort()
  }
}
