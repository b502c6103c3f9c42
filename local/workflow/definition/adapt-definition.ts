import { isObject, type JsonObject } from '../../template/json.ts'
import { JSON_TEXT } from '../exact-json.ts'
import { type Definition, innerDefinitions, type StateDefinition } from './definition.ts'

/** Limit of an Express workflow, and of a task without a timeout. */
export const MAX_EXECUTION_SECONDS = 300

/** Input of a Task's handler with an adapted definition. */
export interface AdaptedInput {
  /** Input of the state, to check its size. */
  readonly input: unknown
  readonly parameters: unknown
}

/**
 * Changes a definition so that aws-local-stepfunctions runs it as Step Functions does. The library differs in four ways:
 * it reads TimeoutSecondsPath from the result of Parameters and not from the state's input, it ends tasks without a timeout
 * after 60 s, States.JsonMerge changes its first argument, and
 * States.JsonToString loses backslashes.
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
    ...(Parameters === undefined ? { 'parameters.$': '$' } : { parameters: deferTexts(Parameters) }),
  }
  if (TimeoutSecondsPath === undefined) {
    return { TimeoutSeconds: MAX_EXECUTION_SECONDS, ...rest, Parameters: adapted }
  }
  return {
    ...rest,
    Parameters: { ...adapted, 'timeoutSeconds.$': TimeoutSecondsPath },
    TimeoutSecondsPath: '$.timeoutSeconds',
  }
}

const MERGE_INTO_PATH = /States\.JsonMerge\(\s*(?<path>\$[^,\s]*)\s*,/g

/** Copies the first argument of every merge. The result of a nested call is a copy already. */
function mergeIntoCopies(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(
      MERGE_INTO_PATH,
      (_call, path: string) => `States.JsonMerge(States.JsonMerge(States.StringToJson('{}'), ${path}, false),`,
    )
  }
  return mapMembers(value, (name, member) => [name, mergeIntoCopies(member)])
}

const JSON_TO_STRING = /^States\.JsonToString\((?<path>\$[^(),\s]*)\)$/

/** Leaves the JSON text of a task's parameters to its handler. A text of another state is only compared. */
function deferTexts(value: unknown): unknown {
  return mapMembers(value, (name, member) => {
    const path = typeof member === 'string' ? JSON_TO_STRING.exec(member)?.groups?.path : undefined
    return path === undefined ? [name, deferTexts(member)] : [name.replace(/\.\$$/, ''), { [`${JSON_TEXT}.$`]: path }]
  })
}

function mapMembers(value: unknown, map: (name: string, member: unknown) => [string, unknown]): unknown {
  if (Array.isArray(value)) return value.map((element, index) => map(String(index), element)[1])
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => map(name, member)))
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
