/** One entered state of an execution. Steps are in order of entry. Only the first ones keep input and output. */
export interface TraceStep {
  readonly state: string
  readonly type: string
  readonly durationMs: number
  readonly retries: number
  readonly input?: unknown
  readonly output?: unknown
  /** Failure that a Catch caught or that ended the execution. */
  readonly error?: string
}

/** Records one state from its entry. */
export interface OpenStep {
  retried(): void
  failed(error: string): void
  exited(output: unknown): void
}

export interface Trace {
  enter(state: string, type: string, input: unknown): OpenStep
  steps(): TraceStep[]
}

/** Steps whose input and output are kept: a Standard execution can have thousands. */
const MAX_STEPS_WITH_DATA = 100

export function createTrace(): Trace {
  const steps: TraceStep[] = []
  return {
    enter(state, type, input) {
      const enteredAt = performance.now()
      const keepsData = steps.length < MAX_STEPS_WITH_DATA
      const index = steps.push({ state, type, durationMs: 0, retries: 0, ...(keepsData && { input }) }) - 1
      const update = (change: Partial<TraceStep>) => {
        const durationMs = Math.round(performance.now() - enteredAt)
        steps[index] = { ...(steps[index] as TraceStep), durationMs, ...change }
      }
      return {
        retried: () => update({ retries: (steps[index] as TraceStep).retries + 1 }),
        failed: (error) => update({ error }),
        exited: (output) => update(keepsData ? { output } : {}),
      }
    },
    steps: () => [...steps],
  }
}
