/** One state of an execution, in the order in which they were entered; nothing of what passed through it. */
export interface TraceStep {
  readonly state: string
  readonly type: string
  readonly milliseconds: number
  readonly retries: number
  /** The failure that a Catch took, or that ended the execution. */
  readonly error?: string
}

/** What is read of aws-local-stepfunctions' events. */
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
  milliseconds: number
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
        steps.push({ state: state.name, type: state.type, enteredAt: timestamp, milliseconds: 0, retries: 0 })
        return
      }
      const step = find(state.name)
      if (!step) return
      step.milliseconds = timestamp - step.enteredAt
      if (type === 'StateRetried') {
        step.retries += 1
        delete step.error
      }
      if (type === 'StateFailed' && error !== undefined) step.error = error
    },
    steps: () => steps.map(({ enteredAt: _, ...step }) => step),
  }
}
