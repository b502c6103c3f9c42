import {
  type Definition,
  listTransitions,
  type StateDefinition,
  type Transition,
} from '../local/workflow/definition/definition.ts'

/**
 * Draws a state machine as a Mermaid flowchart. Tasks are boxes, choices are diamonds, other states are rounded boxes.
 * Dotted arrows are caught failures. Fail states with the same constant error share one node, to keep the drawing readable.
 */
export function drawStateMachine(definition: Definition): string {
  const nodeOf = (name: string) => nodeId(name, definition.States[name])
  const nodes = Object.entries(definition.States).map(
    ([name, state]) => `  ${nodeId(name, state)}${shape(name, state)}`,
  )
  const arrows = listTransitions(definition).map(
    (transition) => `  ${nodeOf(transition.from)} ${arrow(transition, definition)} ${nodeOf(transition.to)}`,
  )
  const ends = Object.entries(definition.States).flatMap(([name, { End }]) =>
    End === true ? [`  ${nodeOf(name)} --> end_((end))`] : [],
  )
  const start = `  start_((start)) --> ${nodeOf(definition.StartAt)}`
  return ['flowchart TD', ...new Set([...nodes, start, ...arrows, ...ends])].join('\n')
}

function nodeId(name: string, state: StateDefinition | undefined): string {
  return state?.Type === 'Fail' && typeof state.Error === 'string' ? `Fail_${state.Error}` : name
}

function shape(name: string, state: StateDefinition): string {
  switch (state.Type) {
    case 'Task':
      return `["${name}<br><small>${shortResource(state)}</small>"]`
    case 'Choice':
      return `{${name}}`
    case 'Wait':
      return `[/${name}/]`
    case 'Fail':
      return `[["${typeof state.Error === 'string' ? state.Error : name}"]]`
    default:
      return `(${name})`
  }
}

/** Name of the invoked function, for example `InvokeEventFunction`, or the part of the resource after `:::`. */
function shortResource({ Resource = '', Parameters }: StateDefinition): string {
  const { FunctionName } = (Parameters ?? {}) as { FunctionName?: string }
  return FunctionName?.replace(/^\$\{(\w+)\}$/, '$1') ?? Resource.replace(/^.*:::(?:aws-sdk:)?/, '')
}

function arrow({ from, by }: Transition, { States }: Definition): string {
  if (by.kind === 'catch') return '-.->'
  if (by.kind !== 'choice') return by.kind === 'default' ? '-->|else|' : '-->'
  const { Choices } = States[from] as unknown as { Choices: readonly Readonly<Record<string, unknown>>[] }
  const label = describeRule(Choices[by.position] ?? {})
  return label === undefined ? '-->' : `-->|${label}|`
}

/** Label for a rule that compares one value. Longer rules get no label. */
function describeRule({
  Variable,
  StringEquals,
  BooleanEquals,
}: Readonly<Record<string, unknown>>): string | undefined {
  const value = StringEquals ?? BooleanEquals
  if (typeof Variable !== 'string' || value === undefined) return undefined
  return `${Variable.split('.').at(-1)} is ${String(value)}`
}

const SECTION = /(<!-- drawing:begin -->\n)[\s\S]*?(<!-- drawing:end -->)/

/** Returns the text of docs/workflow.md with a new drawing. */
export function withDrawing(text: string, definition: Definition): string {
  const drawing = `\`\`\`mermaid\n${drawStateMachine(definition)}\n\`\`\`\n`
  return text.replace(SECTION, (_, begin: string, end: string) => `${begin}${drawing}${end}`)
}
