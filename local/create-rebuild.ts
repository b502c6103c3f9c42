/**
 * Runs `rebuild` with all that is stale, never twice at a time. What is stale stays so until a build has succeeded: the
 * change that repairs one file does not repeat the others.
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
