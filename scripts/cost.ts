import { parseArgs } from 'node:util'
import { findPrice } from '../layers/runtime/src/models/catalogue.ts'
import { estimateCall } from '../layers/runtime/src/pipeline/cost/estimate-call.ts'
import { findCrossovers, idleCost, PATHS, stackCost } from './cost/stack-cost.ts'

const DEFAULT_MODEL = 'global.anthropic.claude-sonnet-4-6'

const USAGE = `npm run cost -- [options]

Prints what calls cost in a month: the stack and the model, for each way of a call. List prices of US East, docs/cost.md.

  --requests N     calls in a month (default: 1000000)
  --seconds N      time of a call (default: 3)
  --input N        tokens of a request (default: 1000)
  --output N       tokens of an answer (default: 300)
  --memory MB      MemorySizeMB of the stack (default: 256)
  --model ID       model (default: ${DEFAULT_MODEL})
  --json           writes JSON
  --help           this text`

/** Longest time of a call, that of an invocation of Lambda. */
const MAX_SECONDS = 900

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      requests: { type: 'string', default: '1000000' },
      seconds: { type: 'string', default: '3' },
      input: { type: 'string', default: '1000' },
      output: { type: 'string', default: '300' },
      memory: { type: 'string', default: '256' },
      model: { type: 'string', default: DEFAULT_MODEL },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return
  }
  const requests = readNumber('--requests', values.requests, Number.MAX_SAFE_INTEGER)
  const seconds = readNumber('--seconds', values.seconds, MAX_SECONDS)
  const memoryMb = readNumber('--memory', values.memory, 10_240)
  const tokens = {
    inputTokens: readNumber('--input', values.input, 1e7),
    maxTokens: readNumber('--output', values.output, 1e7),
  }
  const { totalUsd, priceDate } = estimateCall(tokens, await findPrice(values.model))
  const rows = PATHS.map((path) => {
    const stackUsd = requests * stackCost(path, { seconds, memoryMb })
    const modelUsd = totalUsd === null ? null : requests * totalUsd * path.modelFactor
    return { way: path.name, stackUsd, modelUsd, totalUsd: modelUsd === null ? null : stackUsd + modelUsd }
  })
  const crossovers = findCrossovers(PATHS, memoryMb, MAX_SECONDS)
  if (values.json) {
    console.log(
      JSON.stringify({ requests, seconds, memoryMb, model: values.model, priceDate, rows, crossovers }, null, 2),
    )
    return
  }
  console.log(
    `${requests} calls a month of ${seconds} s, ${values.model}, prices of ${priceDate ?? 'an unknown day'}\n`,
  )
  console.log(`${'US dollars'.padEnd(30)}${['stack', 'model', 'sum'].map((name) => name.padStart(14)).join('')}`)
  for (const row of rows) {
    const cells = [row.stackUsd, row.modelUsd, row.totalUsd].map((usd) => (usd?.toFixed(2) ?? 'unknown').padStart(14))
    console.log(row.way.padEnd(30) + cells.join(''))
  }
  console.log(
    `\nWithout calls the stack costs ${idleCost().toFixed(2)} a month, with Alarms=ON.\n\nFor the stack alone`,
  )
  for (const crossover of crossovers) {
    console.log(
      `  above ${crossover.seconds.toFixed(1)} s "${crossover.cheaperAfter}" costs less than "${crossover.cheaperBefore}"`,
    )
  }
}

function readNumber(option: string, text: string, most: number): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= 0 && value <= most) return value
  throw new Error(`${option} must be a number from 0 to ${most}, not "${text}".`)
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
