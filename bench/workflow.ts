import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProcess } from './bench-process.ts'
import { makeTable, type Table, timeMs } from './measure.ts'

const PORT = 39_760
const CALLS = 40
const WARM_UP = 5
const API = `http://127.0.0.1:${PORT}`
const MODEL = 'global.anthropic.claude-sonnet-4-6'
const PROMPT = 'Say hello to the bench.'

/** The workflow by each of its modes beside the same call without it, through the local stack; a job waits a second. */
export async function benchWorkflow(): Promise<Table> {
  const state = await mkdtemp(join(tmpdir(), 'bench-workflow-'))
  const stack = await startProcess('../local/main.ts', '--port', String(PORT), '--state', state)
  const converse = { messages: [{ role: 'user', content: [{ text: PROMPT }] }] }
  const calls: Record<string, () => Promise<unknown>> = {
    'Converse, without the workflow': () => post(`/model/${MODEL}/converse`, converse),
    'workflow, direct': () => post('/workflow', { prompt: PROMPT, mode: 'direct' }),
    'workflow, sync': () => post('/workflow', { prompt: PROMPT, mode: 'sync' }),
    'workflow, async': () => post('/workflow', { prompt: PROMPT, mode: 'async' }),
  }
  const measured: Record<string, number[]> = Object.fromEntries(Object.keys(calls).map((name) => [name, []]))
  try {
    for (let round = -WARM_UP; round < CALLS; round += 1) {
      for (const [name, call] of Object.entries(calls)) {
        const milliseconds = await timeMs(call)
        if (round >= 0) measured[name]?.push(milliseconds)
      }
    }
  } finally {
    await stack.stop()
    await rm(state, { recursive: true, force: true })
  }
  return makeTable('One prompt through the local stack, warm, by the workflow', 'ms', measured)
}

async function post(path: string, document: unknown): Promise<void> {
  const response = await fetch(API + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(document),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${response.status}: ${text}`)
}
