import { readdirSync, readFileSync } from 'node:fs'
import { withStack } from './bench-process.ts'
import { makeTable, type Table } from './measure.ts'

const MODEL = '/model/amazon.nova-lite-v1%3A0/converse-stream'
const STREAMS = 40
const ROUNDS = 5
const MANY_STREAMS = 2000
const LARGE_STREAM_BYTES = 100_000_000

/** Through the whole local stack: 40 streams at once, each a process of its own, and a stream of 100 MB. */
export function benchStackStreams(): Promise<Table[]> {
  return withStack(['--max-workers', String(STREAMS)], async ({ pid, urlOf }) => [
    await benchConcurrentStreams(urlOf('bedrock'), urlOf('api')),
    await benchLargeStream(urlOf('api'), pid),
  ])
}

async function benchConcurrentStreams(emulator: string, api: string): Promise<Table> {
  const measured: Record<string, number[]> = { 'emulator alone': [], 'API, function and emulator': [] }
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const [name, server] of [
      ['emulator alone', emulator],
      ['API, function and emulator', api],
    ] as const) {
      const times = await Promise.all(Array.from({ length: STREAMS }, () => firstByteMs(server)))
      if (round >= 0) measured[name]?.push(...times)
    }
  }
  return makeTable(
    `${STREAMS} streams at once through the local stack, all on these cores: first event`,
    'ms',
    measured,
  )
}

async function firstByteMs(server: string): Promise<number> {
  const started = performance.now()
  const response = await converseStream(server, '[emulator:tokens=100] [emulator:rate=100]')
  let first = 0
  for await (const _ of response.body ?? []) first ||= performance.now() - started
  return first
}

async function benchLargeStream(api: string, stackPid: number): Promise<Table> {
  await drain(await converseStream(api, 'Hello'))
  const small = streamWorkerPeakMb(stackPid)
  for (let index = 0; index < MANY_STREAMS; index += 1) await drain(await converseStream(api, '[emulator:tokens=100]'))
  const many = streamWorkerPeakMb(stackPid)
  let bytes = 0
  while (bytes < LARGE_STREAM_BYTES) {
    bytes += await drain(await converseStream(api, '[emulator:tokens=700000]'))
  }
  const large = streamWorkerPeakMb(stackPid)
  return makeTable('Most memory of the stream function, resident', 'MB', {
    'after a stream of a few KB': [small],
    [`after ${MANY_STREAMS} streams of 100 tokens`]: [many],
    [`after a stream of ${Math.round(bytes / 1e6)} MB`]: [large],
  })
}

async function converseStream(server: string, text: string): Promise<Response> {
  const response = await fetch(server + MODEL, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: [{ text }] }] }),
  })
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
  return response
}

async function drain(response: Response): Promise<number> {
  let bytes = 0
  for await (const chunk of response.body ?? []) bytes += chunk.length
  return bytes
}

/** Peak of the stream function's processes (Linux; NaN elsewhere), in MB. */
function streamWorkerPeakMb(stackPid: number): number {
  if (process.platform !== 'linux') return Number.NaN
  const peaks = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
        const status = readFileSync(`/proc/${pid}/status`, 'utf8')
        const isWorker = environment.includes('AWS_LAMBDA_FUNCTION_NAME=StreamFunction')
        const isOurs = new RegExp(`^PPid:\\s+${stackPid}$`, 'm').test(status)
        return isWorker && isOurs ? Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024 : 0
      } catch {
        return 0
      }
    })
  return Math.max(...peaks)
}
