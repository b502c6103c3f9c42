import {
  type Definition,
  listTransitions,
  type StateDefinition,
  type Transition,
} from '../local/workflow/definition/definition.ts'
import { expressionIn } from '../local/workflow/expressions/expressions.ts'

/** Number of arrows from which an end is drawn beside each of its states: long arrows to one place cross all others. */
const MANY_ARROWS = 4

/** Flat rows, so that the drawing fits on one screen beside the text of a page. Hexagons are flatter than diamonds, too. */
const LAYOUT = '%%{init: {"flowchart": {"nodeSpacing": 60, "rankSpacing": 10, "padding": 5}}}%%'

/**
 * Draws a state machine as a Mermaid flowchart. Tasks are boxes, choices are hexagons, other states are rounded boxes. The
 * Comment of a Choice's rule is the label of its arrow. Dotted arrows are caught failures. Fail states with the same constant
 * error share one node. Arrows between the same two states are one.
 */
export function drawStateMachine(definition: Definition): string {
  const { States, StartAt } = definition
  const transitions = listTransitions(definition)
  const isRepeated = (name: string) =>
    ['Fail', 'Succeed'].includes(States[name]?.Type ?? '') &&
    transitions.filter(({ to }) => to === name).length >= MANY_ARROWS
  const nodeOf = (name: string) => nodeId(name, States[name])
  const endOf = ({ from, to }: Transition) => (isRepeated(to) ? `${nodeOf(to)}_${from}` : nodeOf(to))
  const nodes = Object.entries(States).flatMap(([name, state]) => {
    const ids = isRepeated(name) ? transitions.filter(({ to }) => to === name).map(endOf) : [nodeOf(name)]
    return ids.map((id) => `  ${id}${shape(name, state)}`)
  })
  const labels = new Map<string, string[]>()
  for (const transition of transitions) {
    const ends = `${nodeOf(transition.from)} ${transition.by.kind === 'catch' ? '-.->' : '-->'} ${endOf(transition)}`
    labels.set(ends, [...(labels.get(ends) ?? []), ...labelOf(transition, definition)])
  }
  const arrows = [...labels].map(([ends, texts]) => drawArrow(ends, texts))
  const ends = Object.entries(States).flatMap(([name, { End }]) =>
    End === true ? [`  ${nodeOf(name)} --> end_((end))`] : [],
  )
  const lines = new Set([...nodes, `  start_((start)) --> ${nodeOf(StartAt)}`, ...arrows, ...ends])
  return [LAYOUT, 'flowchart TD', ...lines].join('\n')
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
      return `{{${name}}}`
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

function labelOf({ from, by }: Transition, { States }: Definition): string[] {
  if (by.kind === 'default') return ['else']
  const label = by.kind === 'choice' ? States[from]?.Choices?.[by.position]?.Comment : undefined
  return label === undefined ? [] : [label]
}

/** @param ends `From --> To` */
function drawArrow(ends: string, labels: readonly string[]): string {
  if (labels.length === 0) return `  ${ends}`
  const [from, arrow, to] = ends.split(' ')
  // Quotes keep the brackets of a label from being read as a node.
  return `  ${from} ${arrow}|"${labels.join('<br>').replaceAll('"', '#quot;')}"| ${to}`
}

const SECTION = /(<!-- drawing:begin -->\n)[\s\S]*?(<!-- drawing:end -->)/

/** Returns the text of a page with a new drawing. */
export function withDrawing(text: string, definition: Definition): string {
  const drawing = `\`\`\`mermaid\n${drawStateMachine(definition)}\n\`\`\`\n`
  return text.replace(SECTION, (_, begin: string, end: string) => `${begin}${drawing}${end}`)
}
