import type { Catcher, Retrier } from '../retry.ts'

/** Value of a field that may be an expression. */
type OrExpression<Value> = Value | string

/** What a state, a rule of a Choice and a Catcher do at their end. */
export interface Ending {
  readonly Next?: string
  readonly Assign?: Readonly<Record<string, unknown>>
  readonly Output?: unknown
}

export interface ChoiceRule extends Ending {
  readonly Condition: OrExpression<boolean>
  readonly Next: string
  readonly Comment?: string
}

/** Where a distributed Map has its items. */
export interface ItemReader {
  readonly Resource: string
  readonly Arguments: unknown
  readonly ReaderConfig?: {
    readonly InputType?: 'CSV' | 'JSON' | 'JSONL'
    readonly MaxItems?: OrExpression<number>
    readonly CSVHeaderLocation?: 'FIRST_ROW' | 'GIVEN'
    readonly CSVHeaders?: readonly string[]
    readonly CSVDelimiter?: 'COMMA' | 'PIPE' | 'SEMICOLON' | 'SPACE' | 'TAB'
  }
}

/** Makes one input of several items. */
export interface ItemBatcher {
  readonly BatchInput?: unknown
  readonly MaxItemsPerBatch?: OrExpression<number>
  readonly MaxInputBytesPerBatch?: OrExpression<number>
}

/** Form of a distributed Map's results, and where to write them. */
export interface ResultWriter {
  readonly Arguments?: unknown
  readonly WriterConfig?: {
    readonly OutputType: 'JSON' | 'JSONL'
    readonly Transformation: 'NONE' | 'COMPACT' | 'FLATTEN'
  }
}

/** State of the Amazon States Language with JSONata. checkDefinition tells which fields each type has. */
export interface StateDefinition extends Ending {
  readonly Type: string
  readonly Comment?: string
  readonly End?: boolean
  readonly Resource?: string
  readonly Arguments?: unknown
  readonly TimeoutSeconds?: OrExpression<number>
  readonly Retry?: readonly Retrier[]
  readonly Catch?: readonly Catcher[]
  readonly Choices?: readonly ChoiceRule[]
  readonly Default?: string
  readonly Seconds?: OrExpression<number>
  readonly Timestamp?: string
  readonly Error?: string
  readonly Cause?: string
  readonly Branches?: readonly Definition[]
  readonly Items?: OrExpression<readonly unknown[]>
  readonly ItemSelector?: unknown
  readonly ItemProcessor?: Definition
  readonly MaxConcurrency?: OrExpression<number>
  readonly ItemReader?: ItemReader
  readonly ItemBatcher?: ItemBatcher
  readonly ResultWriter?: ResultWriter
  readonly ToleratedFailureCount?: OrExpression<number>
  readonly ToleratedFailurePercentage?: OrExpression<number>
  readonly Label?: string
  readonly [field: string]: unknown
}

/** State machine, or the inner one of a Map or of a Parallel state's branch. */
export interface Definition {
  readonly QueryLanguage?: string
  readonly StartAt: string
  readonly ProcessorConfig?: { readonly Mode?: string; readonly ExecutionType?: string }
  readonly TimeoutSeconds?: number
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

export function innerDefinitions({ Branches = [], ItemProcessor }: StateDefinition): readonly Definition[] {
  return [...Branches, ...(ItemProcessor ? [ItemProcessor] : [])]
}

export function isDistributed({ ItemProcessor }: StateDefinition): boolean {
  return ItemProcessor?.ProcessorConfig?.Mode === 'DISTRIBUTED'
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
    const { Next, Default, Choices = [], Catch = [] } = state
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
