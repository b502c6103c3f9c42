import { isObject } from '../../template/json.ts'
import { checkTransitions } from './check-transitions.ts'
import { type Definition, isDistributed, type StateDefinition } from './definition.ts'
import type { FieldCheck } from './field-checks.ts'
import { BRANCH_FIELDS, MACHINE_FIELDS, PROCESSOR_FIELDS, STATE_FIELDS } from './state-fields.ts'

/**
 * Lists the parts of a definition, with its substitutions, that the local stack cannot run as Step Functions does. Each
 * problem names its state.
 *
 * @param resources served Task resources
 */
export function checkDefinition(definition: Definition, resources: readonly string[]): string[] {
  if (definition.QueryLanguage !== 'JSONata') {
    const { QueryLanguage = 'missing, which means JSONPath' } = definition
    return [`QueryLanguage is ${QueryLanguage}: only JSONata runs locally`]
  }
  const problems = checkLevel(definition, MACHINE_FIELDS, { path: [], variables: new Set(), resources })
  return problems.length > 0 ? problems : checkTransitions(definition)
}

/** Place of a definition in an outer one. */
interface Level {
  /** Names of the outer states. */
  readonly path: readonly string[]
  /** Variables of the outer states. */
  readonly variables: ReadonlySet<string>
  readonly resources: readonly string[]
}

function checkLevel(definition: Definition, check: FieldCheck, level: Level): string[] {
  const { path, variables, resources } = level
  const place = path.length === 0 ? '' : `state ${path.join(' / ')}: `
  const problems = check(definition, '').map((problem) => `${place}${problem}`)
  if (!isObject(definition.States)) return problems
  const known = new Set([...variables, ...Object.values(definition.States).flatMap(assignedNames)])
  const inner = Object.entries(definition.States).flatMap(([name, state]) =>
    checkState(state, { path: [...path, name], variables: known, resources }, variables),
  )
  return [...problems, ...inner]
}

/** @param outer variables that the state may read but not assign */
function checkState(state: StateDefinition, level: Level, outer: ReadonlySet<string>): string[] {
  const place = `state ${level.path.join(' / ')}: `
  const check = isObject(state) && Object.hasOwn(STATE_FIELDS, state.Type) ? STATE_FIELDS[state.Type] : undefined
  if (!check) return [`${place}Type must be one of ${Object.keys(STATE_FIELDS).join(', ')}`]
  const problems = [...check(state, '')]
  if (state.Type === 'Task' && !level.resources.includes(state.Resource ?? '')) {
    problems.push(`resource ${state.Resource} is not served locally, only ${level.resources.join(', ')}`)
  }
  for (const name of assignedNames(state)) {
    if (outer.has(name)) problems.push(`assigns $${name}, a variable of an outer state`)
  }
  const { Branches, ItemProcessor } = state
  // A distributed Map does not see the variables around it.
  const inner = isDistributed(state) ? { ...level, variables: new Set<string>() } : level
  return [
    ...problems.map((problem) => `${place}${problem}`),
    ...(Array.isArray(Branches) ? Branches : []).flatMap((branch) => checkLevel(branch, BRANCH_FIELDS, inner)),
    ...(isObject(ItemProcessor) ? checkLevel(ItemProcessor, PROCESSOR_FIELDS, inner) : []),
  ]
}

/** Variables that a state assigns, also in its rules and Catchers. */
function assignedNames(state: StateDefinition): string[] {
  if (!isObject(state)) return []
  const { Choices, Catch } = state
  return [state, ...(Array.isArray(Choices) ? Choices : []), ...(Array.isArray(Catch) ? Catch : [])].flatMap(
    (ending) => (isObject(ending) && isObject(ending.Assign) ? Object.keys(ending.Assign) : []),
  )
}
