import {
  type Definition,
  listTransitions,
  type StateDefinition,
  type Transition,
} from '../local/workflow/definition/definition.ts'
import { expressionIn } from '../local/workflow/expressions/expressions.ts'

/**
 * Draws a state machine as a Mermaid flowchart. Tasks are boxes, choices are diamonds, other states are rounded boxes. The
 * Comment of a Choice's rule is the label of its arrow. Dotted arrows are caught failures. Fail states with the same constant
 * error share one node, to keep the drawing readable.
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
  const error = constantError(state)
  return error === undefined ? name : `Fail_${error}`
}

/** Error of a Fail state; undefined if an expression names it. */
function constantError(state: StateDefinition | undefined): string | undefined {
  return state?.Type === 'Fail' && expressionIn(state.Error) === undefined ? state.Error : undefined
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
      return `[["${constantError(state) ?? name}"]]`
    default:
      return `(${name})`
  }
}

/** Name of the invoked function, for example `InvokeEventFunction`, or the part of the resource after `:::`. */
function shortResource({ Resource = '', Arguments }: StateDefinition): string {
  const { FunctionName } = (Arguments ?? {}) as { FunctionName?: string }
  return FunctionName?.replace(/^\$\{(\w+)\}$/, '$1') ?? Resource.replace(/^.*:::(?:aws-sdk:)?/, '')
}

function arrow({ from, by }: Transition, { States }: Definition): string {
  if (by.kind === 'catch') return '-.->'
  if (by.kind !== 'choice') return by.kind === 'default' ? '-->|else|' : '-->'
  const label = States[from]?.Choices?.[by.position]?.Comment
  // Quotes keep the brackets of a label from being read as a node.
  return label === undefined ? '-->' : `-->|"${label.replaceAll('"', '#quot;')}"|`
}

const SECTION = /(<!-- drawing:begin -->\n)[\s\S]*?(<!-- drawing:end -->)/

/** Returns the text of docs/workflow.md with a new drawing. */
export function withDrawing(text: string, definition: Definition): string {
  const drawing = `\`\`\`mermaid\n${drawStateMachine(definition)}\n\`\`\`\n`
  return text.replace(SECTION, (_, begin: string, end: string) => `${begin}${drawing}${end}`)
}
