/**
 * Runs `rebuild` with all stale artifacts, once at a time. Artifacts stay stale until a build has succeeded, because the
 * change that repairs one of them does not name the others.
 */
export function createRebuild(
  rebuild: (stale: ReadonlySet<string>) => Promise<void>,
  onFailed: (error: Error) => void,
): (changed: ReadonlySet<string>) => void {
  const stale = new Set<string>()
  let requested = false
  let running = false

  async function run(): Promise<void> {
    running = true
    while (requested) {
      requested = false
      const now = new Set(stale)
      try {
        await rebuild(now)
        for (const logicalId of now) stale.delete(logicalId)
      } catch (error) {
        onFailed(error as Error)
      }
    }
    running = false
  }

  return (changed) => {
    for (const logicalId of changed) stale.add(logicalId)
    requested = true
    if (!running) void run()
  }
}
