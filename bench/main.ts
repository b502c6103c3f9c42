import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { BedrockRuntimeClient, ConverseCommand, type ConverseCommandInput } from '@aws-sdk/client-bedrock-runtime'
import { createBedrock } from '@bedrock-functions/runtime/bedrock'
import { readConfiguration } from '@bedrock-functions/runtime/core'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { benchBatches } from './batches.ts'
import { startProcess } from './bench-process.ts'
import { benchBudgets } from './budgets.ts'
import { type BenchFunctions, prepareFunctions } from './functions.ts'
import { benchGateways } from './gateways.ts'
import { benchJobs } from './jobs.ts'
import { benchJson } from './json.ts'
import { benchLoaded } from './loaded.ts'
import { makeTable, printTable, type Table, timeMs } from './measure.ts'
import { benchSpeech } from './speech.ts'
import { benchStackStreams } from './stack-streams.ts'
import { benchStreams } from './stream.ts'
import { benchWorkflow } from './workflow.ts'

/** `npm run bench`: every figure beside a baseline of the same run, because machines differ and are noisy. */

const COLD_RUNS = 15
const WARM_UP_CALLS = 50
const WARM_CALLS = 400
const CPU_CALLS = 2000
const CPU_CONCURRENCY = 16

const modelId = 'amazon.nova-lite-v1:0'
const converseInput = { messages: [{ role: 'user', content: [{ text: 'Say hello to the bench.' }] }] } as const
const body = JSON.stringify(converseInput)
const path = `/model/${encodeURIComponent(modelId)}/converse`
const httpEvent = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'events', 'converse.json'), 'utf8'))
const converseEvent = Buffer.from(JSON.stringify({ ...httpEvent, path, body }))
const typedEvent = Buffer.from(JSON.stringify({ modelId, body }))

const payloads = { bare: Buffer.from('{}'), typed: typedEvent, InvokeFunction: converseEvent } as const

async function benchColdStart(functions: BenchFunctions): Promise<Table> {
  const measured: Record<string, number[]> = {
    'bare handler': [],
    'invoke function, Converse': [],
    "SDK's typed command in one bundle, Converse": [],
  }
  const names = ['bare', 'InvokeFunction', 'typed'] as const
  for (let run = 0; run < COLD_RUNS; run += 1) {
    for (const [index, name] of names.entries()) {
      const lambda = await functions.start()
      try {
        Object.values(measured)[index]?.push(await timeMs(() => lambda.invoke(name, payloads[name])))
      } finally {
        await lambda.close()
      }
    }
  }
  return makeTable('Cold start: process start to first answer, under the runtime interface client', 'ms', measured)
}

async function benchWarm(functions: BenchFunctions, client: BedrockRuntimeClient): Promise<Table> {
  const lambda = await functions.start()
  const calls: Record<string, () => Promise<unknown>> = {
    'SDK straight to the emulator': () => client.send(new ConverseCommand({ modelId, ...structuredClone(input) })),
    'bare handler (no call to Bedrock)': () => lambda.invoke('bare', payloads.bare),
    'invoke function, Converse': () => lambda.invoke('InvokeFunction', payloads.InvokeFunction),
    "SDK's typed command in one bundle, Converse": () => lambda.invoke('typed', payloads.typed),
  }
  const measured: Record<string, number[]> = Object.fromEntries(Object.keys(calls).map((name) => [name, []]))
  try {
    // The first calls warm up processes and connections and are not counted.
    for (let round = -WARM_UP_CALLS; round < WARM_CALLS; round += 1) {
      for (const [name, call] of Object.entries(calls)) {
        const elapsedMs = await timeMs(call)
        if (round >= 0) measured[name]?.push(elapsedMs)
      }
    }
  } finally {
    await lambda.close()
  }
  return makeTable('Warm Converse, one call at a time', 'ms', measured)
}

const input: Omit<ConverseCommandInput, 'modelId'> = JSON.parse(body)

async function benchTransport(endpoint: string, client: BedrockRuntimeClient): Promise<Table> {
  const bedrock = createBedrock(readConfiguration({}), clientConfiguration(endpoint))
  const request = {
    path,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(body),
  }
  const signal = new AbortController().signal
  const calls: Record<string, () => Promise<unknown>> = {
    'typed command, JSON parsed and printed': async () =>
      JSON.stringify(await client.send(new ConverseCommand({ modelId, ...JSON.parse(body) }))),
    'bytes through the SDK (layers/runtime)': () => bedrock.send(request, { signal, retry: true }),
  }
  const measured: Record<string, number[]> = Object.fromEntries(Object.keys(calls).map((name) => [name, []]))
  for (let round = -1; round < 5; round += 1) {
    for (const [name, call] of Object.entries(calls)) {
      const microseconds = await cpuPerCall(call)
      if (round >= 0) measured[name]?.push(microseconds)
    }
  }
  return makeTable(`Transport: CPU of the caller per Converse, ${CPU_CONCURRENCY} at a time`, 'us', measured)
}

async function cpuPerCall(call: () => Promise<unknown>): Promise<number> {
  const started = process.cpuUsage()
  const worker = async () => {
    for (let index = 0; index < CPU_CALLS / CPU_CONCURRENCY; index += 1) await call()
  }
  await Promise.all(Array.from({ length: CPU_CONCURRENCY }, worker))
  const { user, system } = process.cpuUsage(started)
  return (user + system) / CPU_CALLS
}

function clientConfiguration(endpoint: string) {
  return { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }
}

/** Calls of the invoke function and of its Bedrock client. */
async function benchCalls(): Promise<Table[]> {
  const emulator = await startProcess('../local/bedrock/main.ts', '--port', '0')
  const client = new BedrockRuntimeClient({
    ...clientConfiguration(emulator.url),
    requestHandler: new NodeHttpHandler(),
  })
  try {
    const functions = await prepareFunctions(emulator.url)
    try {
      return [
        await benchColdStart(functions),
        await benchWarm(functions, client),
        await benchTransport(emulator.url, client),
      ]
    } finally {
      await functions.remove()
    }
  } finally {
    client.destroy()
    await emulator.stop()
  }
}

/** Other gateways are installed for the run only when asked for. */
const PEERS = '--peers'

const PARTS: Readonly<Record<string, () => Promise<Table[]>>> = {
  loaded: benchLoaded,
  calls: benchCalls,
  json: benchJson,
  streams: benchStreams,
  'stack-streams': benchStackStreams,
  speech: benchSpeech,
  jobs: benchJobs,
  batches: benchBatches,
  workflow: benchWorkflow,
  budgets: benchBudgets,
  gateways: () => benchGateways(process.argv.includes(PEERS)),
}

/** Names of the parts to run: those after `--only`, or all. */
function readParts([option, ...names]: readonly string[]): readonly string[] {
  if (option === undefined) return Object.keys(PARTS)
  const unknown = names.filter((name) => !Object.hasOwn(PARTS, name))
  if (option === '--only' && names.length > 0 && unknown.length === 0) return names
  console.error(`npm run bench [-- --only NAME…] [${PEERS}]; the names are ${Object.keys(PARTS).join(', ')}`)
  process.exit(1)
}

const tables: Table[] = []
for (const name of readParts(process.argv.slice(2).filter((word) => word !== PEERS))) {
  console.log(`\n${name} …`)
  const measured = (await PARTS[name]?.()) ?? []
  for (const table of measured) printTable(table)
  tables.push(...measured)
}
const results = {
  date: new Date().toISOString(),
  node: process.version,
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  tables,
}
const resultsPath = join(import.meta.dirname, 'results.json')
writeFileSync(resultsPath, `${JSON.stringify(results, null, 2)}\n`)
console.log(`\nWritten to ${resultsPath}`)
