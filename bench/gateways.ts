import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreeBlock } from '../local/free-ports.ts'
import { type BenchProcess, startProcess, toBenchProcess, withStack } from './bench-process.ts'
import { makeTable, type Table, timeMs } from './measure.ts'

const MODEL = 'us.amazon.nova-lite-v1:0'
const TEXT = '[emulator:tokens=100] Hello'
const CONVERSE = JSON.stringify({ messages: [{ role: 'user', content: [{ text: TEXT }] }] })
const CHAT = { model: MODEL, max_tokens: 100, messages: [{ role: 'user', content: TEXT }] }
const WARM_UP_CALLS = 400
const ROUNDS = 5
const CALLS_OF_ROUND = 60
const CONCURRENCY = 16
const CONCURRENT_CALLS = 400
/** Clock ticks of /proc in a second, on every Linux of today. */
const TICKS_PER_SECOND = 100

/** A server that passes a call to the emulator, or the emulator itself. */
interface Target {
  readonly name: string
  readonly url: string
  readonly paths: { readonly sync: string; readonly stream: string }
  readonly body: (isStream: boolean) => string
  readonly headers?: Readonly<Record<string, string>>
  /** Processes whose CPU a call uses, each with its children. */
  readonly pids: readonly number[]
}

const chatBody = (isStream: boolean) => JSON.stringify({ ...CHAT, ...(isStream && { stream: true }) })
const CHAT_PATHS = { sync: '/v1/chat/completions', stream: '/v1/chat/completions' }
const CONVERSE_PATHS = {
  sync: `/model/${encodeURIComponent(MODEL)}/converse`,
  stream: `/model/${encodeURIComponent(MODEL)}/converse-stream`,
}

/**
 * The local stack beside other gateways, on the emulator: time of a call, CPU of all processes, calls a second.
 *
 * @param withPeers installs Portkey's gateway from npm for this run
 */
export async function benchGateways(withPeers: boolean): Promise<Table[]> {
  const emulator = await startProcess('../local/bedrock/main.ts', '--port', '0')
  const directory = await mkdtemp(join(tmpdir(), 'bench-peers-'))
  let portkey: BenchProcess | undefined
  try {
    if (withPeers) portkey = await startPortkey(directory)
    return await withStack(['--max-workers', String(3 * CONCURRENCY)], ({ pid, urlOf }) =>
      measure([
        {
          name: 'emulator alone, Converse',
          url: emulator.url,
          paths: CONVERSE_PATHS,
          body: () => CONVERSE,
          pids: [emulator.pid],
        },
        { name: 'npm start, Converse', url: urlOf('api'), paths: CONVERSE_PATHS, body: () => CONVERSE, pids: [pid] },
        { name: 'npm start, chat completions', url: urlOf('api'), paths: CHAT_PATHS, body: chatBody, pids: [pid] },
        ...(portkey
          ? [
              {
                name: 'Portkey gateway 1.15, chat completions',
                url: portkey.url,
                paths: CHAT_PATHS,
                body: chatBody,
                headers: {
                  'x-portkey-provider': 'bedrock',
                  'x-portkey-aws-access-key-id': 'local',
                  'x-portkey-aws-secret-access-key': 'local',
                  'x-portkey-aws-region': 'us-east-1',
                  'x-portkey-custom-host': emulator.url,
                },
                pids: [portkey.pid, emulator.pid],
              },
            ]
          : []),
      ]),
    )
  } finally {
    await portkey?.stop()
    await emulator.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

async function measure(targets: readonly Target[]): Promise<Table[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY })
  const empty = () => Object.fromEntries(targets.map(({ name }) => [name, [] as number[]]))
  const [sync, stream, cpu, streamCpu, each] = [empty(), empty(), empty(), empty(), empty()]
  try {
    for (const target of targets) {
      await inParallel(WARM_UP_CALLS, CONCURRENCY, () => call(target, agent, false))
      await inParallel(WARM_UP_CALLS / 4, CONCURRENCY, () => call(target, agent, true))
    }
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const target of targets) {
        for (const [isStream, times, cpus] of [
          [false, sync, cpu],
          [true, stream, streamCpu],
        ] as const) {
          const before = cpuMs(target.pids)
          for (let index = 0; index < CALLS_OF_ROUND; index += 1) {
            times[target.name]?.push(await timeMs(() => call(target, agent, isStream)))
          }
          cpus[target.name]?.push((cpuMs(target.pids) - before) / CALLS_OF_ROUND)
        }
        const elapsed = await timeMs(() => inParallel(CONCURRENT_CALLS, CONCURRENCY, () => call(target, agent, false)))
        each[target.name]?.push(elapsed / CONCURRENT_CALLS)
      }
    }
  } finally {
    agent.destroy()
  }
  return [
    makeTable('Gateways: one synchronous call at a time', 'ms', sync),
    makeTable('Gateways: one stream of 100 tokens at a time, whole', 'ms', stream),
    makeTable('Gateways: CPU of all processes per synchronous call', 'ms', cpu),
    makeTable('Gateways: CPU of all processes per stream', 'ms', streamCpu),
    makeTable(`Gateways: time per call, ${CONCURRENCY} at a time`, 'ms', each),
  ]
}

async function inParallel(calls: number, concurrency: number, run: () => Promise<unknown>): Promise<void> {
  let left = calls
  const worker = async () => {
    while (left > 0) {
      left -= 1
      await run()
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
}

/** Calls once and reads the answer. Not by fetch, whose own cost would hide that of the servers. */
function call({ url, paths, body, headers }: Target, agent: Agent, isStream: boolean): Promise<void> {
  const payload = body(isStream)
  return new Promise((resolve, reject) => {
    const sent = request(url + (isStream ? paths.stream : paths.sync), {
      agent,
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) },
    })
    sent.once('error', reject)
    sent.once('response', (response) => {
      response.resume()
      response.once('error', reject)
      response.once('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`${url}: ${response.statusCode}`)),
      )
    })
    sent.end(payload)
  })
}

/** CPU time of processes and of all their children until now (Linux; NaN elsewhere), in milliseconds. */
function cpuMs(pids: readonly number[]): number {
  if (process.platform !== 'linux') return Number.NaN
  const processes = readdirSync('/proc').flatMap((entry) => (/^\d+$/.test(entry) ? readStat(Number(entry)) : []))
  const wanted = new Set(pids)
  // A child has a larger id than its parent, unless ids begin again.
  for (const { pid, parent } of processes.toSorted((one, other) => one.pid - other.pid)) {
    if (wanted.has(parent)) wanted.add(pid)
  }
  const ticks = processes.filter(({ pid }) => wanted.has(pid)).reduce((sum, found) => sum + found.ticks, 0)
  return (ticks * 1000) / TICKS_PER_SECOND
}

function readStat(pid: number): { readonly pid: number; readonly parent: number; readonly ticks: number }[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name before may have spaces and brackets.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    // Its own time, and that of its children that have ended.
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
    return [{ pid, parent: Number(fields[1]), ticks }]
  } catch {
    // It has ended.
    return []
  }
}

/** Installs Portkey's gateway below `directory` and starts it. */
async function startPortkey(directory: string): Promise<BenchProcess> {
  const install = [
    'install',
    '--prefix',
    directory,
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    '@portkey-ai/gateway@1.15.2',
  ]
  const [code] = await once(spawn('npm', install, { stdio: 'ignore' }), 'close')
  if (code !== 0) throw new Error("Portkey's gateway could not be installed")
  const port = await findFreeBlock()
  const main = join(directory, 'node_modules/@portkey-ai/gateway/build/start-server.js')
  const child = spawn(process.execPath, [main, `--port=${port}`, '--headless'], { stdio: 'ignore' })
  const ended = once(child, 'close')
  const url = `http://127.0.0.1:${port}`
  await untilAnswered(url, ended)
  return toBenchProcess(child, url, ended)
}

async function untilAnswered(url: string, ended: Promise<unknown>): Promise<void> {
  let hasEnded = false
  void ended.then(() => {
    hasEnded = true
  })
  while (!hasEnded) {
    const answered = await fetch(url).then(
      (response) => response.text().then(() => true),
      () => false,
    )
    if (answered) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('the gateway did not start')
}
