import { setImmediate } from 'node:timers/promises'
import type { StateDefinition } from '../definition/definition.ts'
import { TaskError } from '../task-error.ts'
import { runChoice } from './choice.ts'
import { runFail } from './fail.ts'
import { runMap } from './map.ts'
import { runParallel } from './parallel.ts'
import { endState, type Outcome, type RunStates, type StateRun } from './state-run.ts'
import { runTask } from './task.ts'
import { runWait } from './wait.ts'

const TYPES: Readonly<Record<string, (run: StateRun) => Promise<Outcome>>> = {
  Choice: runChoice,
  Fail: runFail,
  Map: runMap,
  Parallel: runParallel,
  Pass: passOn,
  Succeed: passOn,
  Task: runTask,
  Wait: runWait,
}

function passOn(run: StateRun): Promise<Outcome> {
  return endState(run, run.state, {}, run.input)
}

export const runStates: RunStates = async (definition, { input, variables, context, signal }, execution) => {
  let outcome: Outcome = { output: input, variables, next: definition.StartAt }
  while (outcome.next !== undefined) {
    // A loop of states that only compute would let nothing else run, not even the execution's time limit.
    await setImmediate()
    signal.throwIfAborted()
    const { next: name, output, variables: current } = outcome
    const state = definition.States[name] as StateDefinition
    const step = execution.trace.enter(name, state.Type)
    const State = { EnteredTime: new Date().toISOString(), Name: name }
    const run = {
      name,
      state,
      input: output,
      variables: current,
      context: { ...context, State },
      signal,
      execution,
      step,
    }
    try {
      outcome = await (TYPES[state.Type] as (run: StateRun) => Promise<Outcome>)(run)
      step.exited()
    } catch (error) {
      if (error instanceof TaskError) step.failed(error.name)
      throw error
    }
  }
  return outcome.output
}
