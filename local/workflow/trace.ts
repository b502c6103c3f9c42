/** One entered state of an execution, without input and output. Steps are in order of entry. */
export interface TraceStep {
  readonly state: string
  readonly type: string
  readonly durationMs: number
  readonly retries: number
  /** Failure that a Catch caught or that ended the execution. */
  readonly error?: string
}

/** Records one state from its entry. */
export interface OpenStep {
  retried(): void
  failed(error: string): void
  exited(): void
}

export interface Trace {
  enter(state: string, type: string): OpenStep
  steps(): TraceStep[]
}

export function createTrace(): Trace {
  const steps: TraceStep[] = []
  return {
    enter(state, type) {
      const enteredAt = performance.now()
      const index = steps.push({ state, type, durationMs: 0, retries: 0 }) - 1
      const update = (change: Partial<TraceStep>) => {
        const durationMs = Math.round(performance.now() - enteredAt)
        steps[index] = { ...(steps[index] as TraceStep), durationMs, ...change }
      }
      return {
        retried: () => update({ retries: (steps[index] as TraceStep).retries + 1 }),
        failed: (error) => update({ error }),
        exited: () => update({}),
      }
    },
    steps: () => [...steps],
  }
}
