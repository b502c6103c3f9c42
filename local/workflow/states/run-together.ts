/**
 * Runs tasks, at most `limit` at a time, and resolves to their results in order. The first failure stops the others and rejects.
 *
 * @param signal stops all tasks
 */
export async function runTogether<Result>(
  tasks: readonly ((signal: AbortSignal) => Promise<Result>)[],
  limit: number,
  signal: AbortSignal,
): Promise<Result[]> {
  const stopping = new AbortController()
  const all = AbortSignal.any([signal, stopping.signal])
  const failures: unknown[] = []
  const results: Result[] = []
  let started = 0

  async function work(): Promise<void> {
    while (started < tasks.length && !all.aborted) {
      const index = started
      started += 1
      try {
        results[index] = await (tasks[index] as (signal: AbortSignal) => Promise<Result>)(all)
      } catch (error) {
        failures.push(error)
        stopping.abort()
      }
    }
  }

  await Promise.all(Array.from({ length: Math.min(limit, tasks.length) }, work))
  if (failures.length > 0) throw failures[0]
  // Stopped before a task began.
  signal.throwIfAborted()
  return results
}
