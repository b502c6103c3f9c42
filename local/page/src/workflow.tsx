import dagre from '@dagrejs/dagre'
import { useMemo, useState } from 'preact/hooks'
import { type Definition, listTransitions } from '../../workflow/definition/definition.ts'
import type { ActivityEntry } from '../activity.ts'
import { callJson } from './api.ts'
import { CodeBlock } from './code-block.tsx'
import { toPlainText } from './plain-text.ts'
import type { Stack } from './stack.ts'
import type { EntryOf } from './use-activity.ts'
import { describeError } from './use-stream.ts'

type Step = EntryOf<'execution'>['trace'][number]

const EXAMPLE = '{"prompt": "What is the capital of France?"}'

/** Runs the workflow and shows the way of each run through its states. */
export function Workflow({ stack, entries }: { readonly stack: Stack; readonly entries: readonly ActivityEntry[] }) {
  const [input, setInput] = useState(EXAMPLE)
  const [result, setResult] = useState<string>()
  const [problem, setProblem] = useState<string>()
  const [isRunning, setRunning] = useState(false)
  const [machineName, setMachineName] = useState(stack.stateMachines[0]?.name)
  const [chosenRun, setChosenRun] = useState<number>()
  const machine = stack.stateMachines.find(({ name }) => name === machineName)
  const runs = useMemo(
    () =>
      entries
        .flatMap((entry) => (entry.kind === 'execution' && entry.stateMachineName === machineName ? entry : []))
        .reverse(),
    [entries, machineName],
  )
  const run = runs.find(({ id }) => id === chosenRun) ?? runs[0]

  async function start() {
    setProblem(undefined)
    setResult(undefined)
    let body: unknown
    try {
      body = JSON.parse(input)
    } catch (error) {
      return setProblem(`The input must be JSON: ${(error as Error).message}`)
    }
    setRunning(true)
    try {
      setResult(JSON.stringify(await callJson('workflow', { body }), null, 2))
    } catch (error) {
      const { type, message } = describeError(error)
      setProblem(`${type}: ${message}`)
    }
    setRunning(false)
    setChosenRun(undefined)
  }

  return (
    <>
      <form
        class="composer"
        onSubmit={(event) => {
          event.preventDefault()
          void start()
        }}
      >
        <label for="workflow-input">Input of the workflow, as for POST /workflow</label>
        <textarea
          id="workflow-input"
          rows={4}
          spellcheck={false}
          value={input}
          onInput={(event) => setInput(event.currentTarget.value)}
        />
        <div class="buttons">
          <button type="submit" class="primary" disabled={isRunning}>
            Run
          </button>
        </div>
        <p class="status" role="status">
          {isRunning ? 'Running …' : ''}
        </p>
        {problem && (
          <p class="error" role="alert">
            {toPlainText(problem)}
          </p>
        )}
        {result && <CodeBlock label="Result" text={toPlainText(result)} />}
      </form>
      {machine && (
        <div class="buttons">
          <label>
            State machine{' '}
            <select value={machineName} onChange={(event) => setMachineName(event.currentTarget.value)}>
              {stack.stateMachines.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          <label>
            Run{' '}
            <select
              value={run?.id ?? ''}
              disabled={runs.length === 0}
              onChange={(event) => setChosenRun(Number(event.currentTarget.value))}
            >
              {runs.map(({ id, time, status, durationMs }) => (
                <option key={id} value={id}>
                  {new Date(time).toLocaleTimeString()} {toPlainText(status)} {Math.round(durationMs)} ms
                </option>
              ))}
            </select>
          </label>
        </div>
      )}
      {machine && <Picture definition={machine.definition} trace={run?.trace ?? []} />}
      {run && <Steps trace={run.trace} />}
    </>
  )
}

const CHARACTER_WIDTH = 7.5
const NODE_HEIGHT = 30

/** The machine, drawn from its definition. States of the run are lit. */
function Picture({ definition, trace }: { readonly definition: Definition; readonly trace: readonly Step[] }) {
  const { nodes, edges, width, height } = useMemo(() => layOut(definition), [definition])
  const entered = new Map(trace.map((step) => [step.state, step]))
  const ways = new Set(trace.map(({ state }, index) => `${trace[index - 1]?.state} ${state}`))
  return (
    <section class="scroll picture" tabIndex={0} aria-label="State machine">
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={describeWay(trace)}>
        {edges.map(({ from, to, path }) => (
          <polyline key={`${from} ${to}`} class={ways.has(`${from} ${to}`) ? 'edge lit' : 'edge'} points={path} />
        ))}
        {nodes.map(({ name, x, y, width: nodeWidth }) => {
          const step = entered.get(name)
          const state = step ? (step.error === undefined ? 'lit' : 'failed') : ''
          return (
            <g key={name} class={`node ${state}`} transform={`translate(${x - nodeWidth / 2} ${y - NODE_HEIGHT / 2})`}>
              <rect width={nodeWidth} height={NODE_HEIGHT} rx={6} />
              <text x={nodeWidth / 2} y={NODE_HEIGHT / 2} dominant-baseline="central" text-anchor="middle">
                {toPlainText(name)}
              </text>
            </g>
          )
        })}
      </svg>
    </section>
  )
}

function describeWay(trace: readonly Step[]): string {
  return trace.length === 0
    ? 'The states, none has run'
    : `This run entered ${trace.map(({ state }) => state).join(', ')}`
}

interface Picture {
  readonly nodes: readonly { readonly name: string; readonly x: number; readonly y: number; readonly width: number }[]
  readonly edges: readonly { readonly from: string; readonly to: string; readonly path: string }[]
  readonly width: number
  readonly height: number
}

function layOut(definition: Definition): Picture {
  const graph = new dagre.graphlib.Graph()
  graph.setGraph({ rankdir: 'TB', nodesep: 16, ranksep: 28, marginx: 8, marginy: 8 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const name of Object.keys(definition.States)) {
    graph.setNode(name, { width: name.length * CHARACTER_WIDTH + 20, height: NODE_HEIGHT })
  }
  for (const { from, to } of listTransitions(definition)) graph.setEdge(from, to)
  dagre.layout(graph)
  const { width = 0, height = 0 } = graph.graph()
  return {
    width,
    height,
    nodes: graph.nodes().map((name) => {
      const { x = 0, y = 0, width: nodeWidth = 0 } = graph.node(name)
      return { name, x, y, width: nodeWidth }
    }),
    edges: graph.edges().map((edge) => ({
      from: edge.v,
      to: edge.w,
      path: (graph.edge(edge).points ?? []).map(({ x, y }: { x: number; y: number }) => `${x},${y}`).join(' '),
    })),
  }
}

function Steps({ trace }: { readonly trace: readonly Step[] }) {
  return (
    <ol class="steps" aria-label="States of this run">
      {trace.map((step, index) => (
        <li key={index}>
          <details>
            <summary>
              {toPlainText(step.state)} <span class="note">{toPlainText(step.type)}</span> {step.durationMs} ms
              {step.retries > 0 && `, ${step.retries} retried`} {step.error && <b>{toPlainText(step.error)}</b>}
            </summary>
            <Data label={`Input of ${step.state}`} value={step.input} />
            <Data label={`Output of ${step.state}`} value={step.output} />
          </details>
        </li>
      ))}
    </ol>
  )
}

function Data({ label, value }: { readonly label: string; readonly value: unknown }) {
  if (value === undefined) return null
  return (
    <>
      <p class="note">{toPlainText(label)}</p>
      <CodeBlock label={label} text={toPlainText(JSON.stringify(value, null, 2)).slice(0, 20_000)} />
    </>
  )
}
