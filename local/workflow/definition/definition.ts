import type { JsonObject } from '../../template/json.ts'

/** State of the Amazon States Language. Only the members that are used here have types. */
export interface StateDefinition {
  readonly Type: string
  readonly Resource?: string
  readonly [field: string]: unknown
}

/** State machine, or the inner one of a Map or of a Parallel state's branch. */
export interface Definition {
  readonly StartAt: string
  readonly States: Readonly<Record<string, StateDefinition>>
  readonly [field: string]: unknown
}

/** State with its path: the names of the outer states, then its own. */
export interface PlacedState {
  readonly path: readonly string[]
  readonly state: StateDefinition
}

/** All states, also those inside Map and Parallel states. */
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

/** Transition from one state to another. */
export interface Transition {
  readonly from: string
  readonly to: string
  /** Reason of the transition: the position of a choice, or the error names of a Catch. */
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

/** Texts in a part of a definition that could be paths, with the names of their fields. */
export function* walkTexts(value: unknown, field = ''): Generator<readonly [field: string, text: string]> {
  if (typeof value === 'string') yield [field, value]
  else if (Array.isArray(value)) for (const item of value) yield* walkTexts(item, field)
  else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value as JsonObject)) yield* walkTexts(member, name)
  }
}
