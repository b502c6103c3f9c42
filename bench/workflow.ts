import { withStack } from './bench-process.ts'
import { makeTable, type Table, timeMs } from './measure.ts'

const ROUNDS = 40
const WARM_UP_ROUNDS = 5
const MODEL = 'global.anthropic.claude-sonnet-4-6'
const PROMPT = 'Say hello to the bench.'

/** Each mode of the workflow beside the same call without it, through the local stack; a job waits a second. */
export function benchWorkflow(): Promise<Table[]> {
  return withStack([], async ({ urlOf }) => {
    const api = urlOf('api')
    const converse = { messages: [{ role: 'user', content: [{ text: PROMPT }] }] }
    const invokeModel = {
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 100,
      messages: [{ role: 'user', content: PROMPT }],
    }
    const run = (input: object, mode: string) => () => post(`${api}/workflow`, { ...input, mode })
    return [
      await compare('One Converse request through the local stack, warm, by the workflow', {
        'Converse, without the workflow': () => post(`${api}/model/${MODEL}/converse`, converse),
        'workflow, direct, prompt': run({ prompt: PROMPT }, 'direct'),
        'workflow, direct, converse': run({ converse }, 'direct'),
        'workflow, sync': run({ converse }, 'sync'),
        'workflow, async': run({ converse }, 'async'),
      }),
      await compare('One native body through the local stack, warm, by the workflow', {
        'InvokeModel, without the workflow': () => post(`${api}/model/${MODEL}/invoke`, invokeModel),
        'workflow, direct': run({ invokeModel }, 'direct'),
        'workflow, direct, answer by S3': run({ invokeModel: { ...invokeModel, max_tokens: 20_000 } }, 'direct'),
        'workflow, sync': run({ invokeModel }, 'sync'),
      }),
    ]
  })
}

async function compare(title: string, calls: Readonly<Record<string, () => Promise<unknown>>>): Promise<Table> {
  const measured: Record<string, number[]> = Object.fromEntries(Object.keys(calls).map((name) => [name, []]))
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    for (const [name, call] of Object.entries(calls)) {
      const elapsedMs = await timeMs(call)
      if (round >= 0) measured[name]?.push(elapsedMs)
    }
  }
  return makeTable(title, 'ms', measured)
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
