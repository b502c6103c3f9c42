import type { JsonObject } from '../../template/json.ts'

/** One state as the Amazon States Language has it; only what is looked at here has a type. */
export interface StateDefinition {
  readonly Type: string
  readonly Resource?: string
  readonly [field: string]: unknown
}

/** A state machine, or what a Map or a branch of a Parallel state holds. */
export interface Definition {
  readonly StartAt: string
  readonly States: Readonly<Record<string, StateDefinition>>
  readonly [field: string]: unknown
}

/** A state with where it stands: the names of the states around it, then its own. */
export interface PlacedState {
  readonly path: readonly string[]
  readonly state: StateDefinition
}

/** Every state, those inside of Map and Parallel states included. */
export function* walkStates(definition: Definition, around: readonly string[] = []): Generator<PlacedState> {
  for (const [name, state] of Object.entries(definition.States)) {
    const path = [...around, name]
    yield { path, state }
    for (const inner of innerDefinitions(state)) yield* walkStates(inner, path)
  }
}

export function innerDefinitions(state: StateDefinition): readonly Definition[] {
  const {
    Branches = [],
    ItemProcessor,
    Iterator,
  } = state as {
    Branches?: readonly Definition[]
    ItemProcessor?: Definition
    Iterator?: Definition
  }
  return [...Branches, ...[ItemProcessor, Iterator].filter((inner) => inner !== undefined)]
}

/** One way out of a state. */
export interface Transition {
  readonly from: string
  readonly to: string
  /** Why it is taken: the position of a choice, the error names of a Catch. */
  readonly by:
    | { readonly kind: 'next' }
    | { readonly kind: 'default' }
    | { readonly kind: 'choice'; readonly position: number }
    | { readonly kind: 'catch'; readonly position: number }
}

/** All transitions between the states of one level. */
export function listTransitions({ States }: Definition): Transition[] {
  return Object.entries(States).flatMap(([from, state]) => {
    const {
      Next,
      Default,
      Choices = [],
      Catch = [],
    } = state as {
      Next?: string
      Default?: string
      Choices?: readonly { readonly Next: string }[]
      Catch?: readonly { readonly Next: string }[]
    }
    const numbered = (kind: 'choice' | 'catch', list: readonly { readonly Next: string }[]): Transition[] =>
      list.map(({ Next: to }, position) => ({ from, to, by: { kind, position } }))
    return [
      ...(Next === undefined ? [] : [{ from, to: Next, by: { kind: 'next' } } as const]),
      ...numbered('choice', Choices),
      ...(Default === undefined ? [] : [{ from, to: Default, by: { kind: 'default' } } as const]),
      ...numbered('catch', Catch),
    ]
  })
}

/** Every text in a part of a definition that could be a path, with the name of its field. */
export function* walkTexts(value: unknown, field = ''): Generator<readonly [field: string, text: string]> {
  if (typeof value === 'string') yield [field, value]
  else if (Array.isArray(value)) for (const item of value) yield* walkTexts(item, field)
  else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value as JsonObject)) yield* walkTexts(member, name)
  }
}
