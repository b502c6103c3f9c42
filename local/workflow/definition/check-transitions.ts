import { type Definition, innerDefinitions, listTransitions, type StateDefinition, walkStates } from './definition.ts'

/**
 * Lists wrong transitions of a definition whose fields are right: states that do not exist, that are never reached or do not
 * end, and names that are used twice.
 */
export function checkTransitions(definition: Definition): string[] {
  const names = [...walkStates(definition)].map(({ path }) => path.at(-1) ?? '')
  const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index))
  return [...[...repeated].map((name) => `state ${name}: the name is used twice`), ...checkLevel(definition, [])]
}

function checkLevel(definition: Definition, path: readonly string[]): string[] {
  const { StartAt, States } = definition
  const place = path.length === 0 ? '' : `state ${path.join(' / ')}: `
  const isKnown = (name: string) => Object.hasOwn(States, name)
  const reached = reachedStates(definition)
  return [
    ...(isKnown(StartAt) ? [] : [`${place}StartAt is ${StartAt}, which is not a state`]),
    ...listTransitions(definition).flatMap(({ from, to }) =>
      isKnown(to) ? [] : [`state ${[...path, from].join(' / ')}: ${to} is not a state`],
    ),
    ...Object.entries(States).flatMap(([name, state]) => [
      ...[...findEndProblem(state), ...(reached.has(name) ? [] : ['no state leads to it'])].map(
        (problem) => `state ${[...path, name].join(' / ')}: ${problem}`,
      ),
      ...innerDefinitions(state).flatMap((inner) => checkLevel(inner, [...path, name])),
    ]),
  ]
}

function reachedStates(definition: Definition): ReadonlySet<string> {
  const transitions = listTransitions(definition)
  const reached = new Set([definition.StartAt])
  // A Set also visits what is added to it meanwhile.
  for (const name of reached) {
    for (const { from, to } of transitions) if (from === name) reached.add(to)
  }
  return reached
}

/** Types that end an execution or go on by their own rules. */
const WITHOUT_NEXT = new Set(['Choice', 'Fail', 'Succeed'])

function findEndProblem({ Type, Next, End }: StateDefinition): string[] {
  const isComplete = WITHOUT_NEXT.has(Type) || (Next === undefined) !== (End !== true)
  return isComplete ? [] : ['exactly one of Next and End: true is needed']
}
