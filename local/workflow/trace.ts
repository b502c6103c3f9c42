/** One entered state of an execution, without input and output. Steps are in order of entry. */
export interface TraceStep {
  readonly state: string
  readonly type: string
  readonly durationMs: number
  readonly retries: number
  /** Failure that a Catch caught or that ended the execution. */
  readonly error?: string
}

/** Members of aws-local-stepfunctions' events that are used. */
export interface TraceEvent {
  readonly type: string
  readonly timestamp: number
  readonly state?: { readonly name: string; readonly type: string }
  readonly Error?: string
}

interface OpenStep {
  readonly state: string
  readonly type: string
  readonly enteredAt: number
  durationMs: number
  retries: number
  error?: string
}

export function createTrace(): { add(event: TraceEvent): void; steps(): TraceStep[] } {
  const steps: OpenStep[] = []
  const find = (name: string) => steps.findLast(({ state }) => state === name)
  return {
    add({ type, timestamp, state, Error: error }) {
      if (!state) return
      if (type === 'StateEntered') {
        steps.push({ state: state.name, type: state.type, enteredAt: timestamp, durationMs: 0, retries: 0 })
        return
      }
      const step = find(state.name)
      if (!step) return
      step.durationMs = timestamp - step.enteredAt
      if (type === 'StateRetried') {
        step.retries += 1
        delete step.error
      }
      if (type === 'StateFailed' && error !== undefined) step.error = error
    },
    steps: () => steps.map(({ enteredAt: _, ...step }) => step),
  }
}
