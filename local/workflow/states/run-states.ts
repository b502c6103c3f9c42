import { setImmediate } from 'node:timers/promises'
import type { Definition, StateDefinition } from '../definition/definition.ts'
import type { Variables } from '../expressions/expressions.ts'
import { TaskError } from '../task-error.ts'
import { runChoice } from './choice.ts'
import { runFail } from './fail.ts'
import { runMap } from './map.ts'
import { runParallel } from './parallel.ts'
import { endState, type Outcome, type RunStates, type Start, type StateRun } from './state-run.ts'
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

export const runStates: RunStates = async (definition, start, execution) => {
  const { context, signal, progress } = start
  let outcome = firstOutcome(definition, start)
  let isEntered = progress?.position.isEntered ?? false
  while (outcome.next !== undefined) {
    // A loop of states that only compute would let nothing else run, not even the execution's time limit.
    await setImmediate()
    signal.throwIfAborted()
    const { next: name, output, variables: current } = outcome
    const state = stateOf(definition, name)
    if (!isEntered) progress?.entered(name, state.Type, output)
    isEntered = false
    const step = execution.trace.enter(name, state.Type, output)
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
      progress,
    }
    try {
      outcome = await (TYPES[state.Type] as (run: StateRun) => Promise<Outcome>)(run)
      step.exited(outcome.output)
    } catch (error) {
      if (error instanceof TaskError) step.failed(error.name)
      throw error
    }
    progress?.exited(name, state.Type, { ...outcome, assigned: changedVariables(current, outcome.variables) })
  }
  return outcome.output
}

function firstOutcome({ StartAt }: Definition, { input, variables, progress }: Start): Outcome {
  if (!progress) return { output: input, variables, next: StartAt }
  const { position } = progress
  return { output: position.input, variables: position.variables, next: position.next }
}

/** An execution may go on with a definition that has changed. */
function stateOf({ States }: Definition, name: string): StateDefinition {
  const state = Object.hasOwn(States, name) ? States[name] : undefined
  if (state) return state
  throw new TaskError('States.Runtime', `The definition has no state '${name}' any more.`, { isTerminal: true })
}

function changedVariables(before: Variables, after: Variables): Variables {
  return Object.fromEntries(Object.entries(after).filter(([name, value]) => before[name] !== value))
}
