import { withStack } from './bench-process.ts'
import { makeTable, type Table, timeMs } from './measure.ts'

const ROUNDS = 40
const WARM_UP_ROUNDS = 5
const MODEL = 'global.anthropic.claude-sonnet-4-6'
const PROMPT = 'Say hello to the bench.'

/** Each mode of the workflow beside the same call without it, through the local stack; a job waits a second. */
export function benchWorkflow(): Promise<Table> {
  return withStack([], async ({ urlOf }) => {
    const api = urlOf('api')
    const converse = { messages: [{ role: 'user', content: [{ text: PROMPT }] }] }
    const calls: Record<string, () => Promise<unknown>> = {
      'Converse, without the workflow': () => post(`${api}/model/${MODEL}/converse`, converse),
      'workflow, direct': () => post(`${api}/workflow`, { prompt: PROMPT, mode: 'direct' }),
      'workflow, sync': () => post(`${api}/workflow`, { prompt: PROMPT, mode: 'sync' }),
      'workflow, async': () => post(`${api}/workflow`, { prompt: PROMPT, mode: 'async' }),
    }
    const measured: Record<string, number[]> = Object.fromEntries(Object.keys(calls).map((name) => [name, []]))
    for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
      for (const [name, call] of Object.entries(calls)) {
        const elapsedMs = await timeMs(call)
        if (round >= 0) measured[name]?.push(elapsedMs)
      }
    }
    return makeTable('One prompt through the local stack, warm, by the workflow', 'ms', measured)
  })
}

async function post(url: string, document: unknown): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(document),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${response.status}: ${text}`)
}
