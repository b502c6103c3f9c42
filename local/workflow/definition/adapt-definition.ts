import { isObject, type JsonObject } from '../../template/json.ts'
import { type Definition, innerDefinitions, type StateDefinition } from './definition.ts'

/** An Express workflow's own limit, and so that of a task which names none. */
export const LONGEST_EXECUTION_SECONDS = 300

/** What a Task's handler gets from an adapted definition. */
export interface AdaptedInput {
  /** The state's input, for its size. */
  readonly input: unknown
  readonly parameters: unknown
}

/**
 * The definition in the form in which aws-local-stepfunctions runs it as Step Functions does: it looks for
 * TimeoutSecondsPath in what Parameters make, where Step Functions looks in the state's input, ends tasks without a
 * timeout after 60 s, and lets States.JsonMerge write into its first argument.
 */
export function adaptDefinition(definition: Definition): Definition {
  const states = Object.entries(definition.States).map(([name, state]) => [name, adaptState(state)] as const)
  return { ...definition, States: Object.fromEntries(states) }
}

function adaptState(original: StateDefinition): StateDefinition {
  if (innerDefinitions(original).length > 0) return adaptInner(original)
  const state = mergeIntoCopies(original) as StateDefinition
  if (state.Type !== 'Task') return state
  const { Parameters, TimeoutSecondsPath, ...rest } = state
  const adapted = {
    'input.$': '$',
    ...(Parameters === undefined ? { 'parameters.$': '$' } : { parameters: Parameters }),
  }
  if (TimeoutSecondsPath === undefined) {
    return { TimeoutSeconds: LONGEST_EXECUTION_SECONDS, ...rest, Parameters: adapted }
  }
  return {
    ...rest,
    Parameters: { ...adapted, 'timeoutSeconds.$': TimeoutSecondsPath },
    TimeoutSecondsPath: '$.timeoutSeconds',
  }
}

const MERGE_INTO_PATH = /States\.JsonMerge\(\s*(?<path>\$[^,\s]*)\s*,/g

/** The first argument of every merge becomes a copy; what a nested call gives is one anyway. */
function mergeIntoCopies(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(
      MERGE_INTO_PATH,
      (_call, path: string) => `States.JsonMerge(States.JsonMerge(States.StringToJson('{}'), ${path}, false),`,
    )
  }
  if (Array.isArray(value)) return value.map(mergeIntoCopies)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, mergeIntoCopies(member)]))
}

function adaptInner(state: StateDefinition): StateDefinition {
  const { Branches, ItemProcessor, Iterator } = state as JsonObject & { Branches?: readonly Definition[] }
  return {
    ...state,
    ...(Branches && { Branches: Branches.map(adaptDefinition) }),
    ...(ItemProcessor !== undefined && { ItemProcessor: adaptDefinition(ItemProcessor as Definition) }),
    ...(Iterator !== undefined && { Iterator: adaptDefinition(Iterator as Definition) }),
  }
}
