/** Resolves to the outcome, or rejects after that time; an outcome that comes too late is ignored. */
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
    // Nobody awaits it any more.
    outcome.catch(() => {})
  }
}

/** Describes an error by name and code. Its message may quote what was to be written, and stays out. */
export function describeFailure(error: unknown): Record<string, string> {
  if (!(error instanceof Error)) return {}
  const { name, code } = error as { name: string; code?: unknown }
  return { causeName: name, ...(typeof code === 'string' && { causeCode: code }) }
}
