import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { describeExposure } from '../exposure.ts'
import { urlHost } from '../net/addresses.ts'
import type { DualProtocolServer } from '../net/dual-protocol-server.ts'
import { createS3Server } from '../s3/index.ts'
import { formatSummary } from './format-summary.ts'
import { createBedrockEmulator } from './index.ts'

const DEFAULT_PORT = 3002

const LOOPBACK = '127.0.0.1'

/** Made in the S3 beside the emulator, so that there is one to begin with. */
const OUTPUT_BUCKET = 'output'

const MODEL_ID = 'us.anthropic.claude-haiku-4-5-20251001-v1:0'

/** The emulator alone: `npm run bedrock [-- OPTIONS]`, until Ctrl-C. */
async function main(): Promise<void> {
  const { port, host, state, help } = readOptions()
  if (help) {
    console.log(USAGE)
    return
  }
  const storage = await startStorage(port, host, state)
  const server = createBedrockEmulator({
    environment: process.env,
    region: process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION,
    s3Endpoint: storage.endpoint,
    directory: state && join(state, 'bedrock'),
    onRequest: (summary) => {
      console.log(formatSummary(summary))
      if (summary.failure) console.error(summary.failure)
    },
  })
  const boundPort = await listen(server, { port, host }, 'The Bedrock emulator').catch(async (error: Error) => {
    await storage.close()
    throw error
  })
  console.log(describe(`http://${urlHost(host)}:${boundPort}`, process.env.OPENAI_BASE_URL, storage))
  for (const line of describeExposure(host, exposedBy(storage))) console.log(line)
  const close = async () => {
    await server.close()
    await storage.close()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close())
}

/** Where asynchronous invocations write. */
interface Storage {
  readonly endpoint: string | undefined
  readonly isEmbedded: boolean
  close(): Promise<void>
}

/**
 * The S3 that AWS_ENDPOINT_URL_S3 names, else with --state one on the next port, else none. Its own address means that
 * one, too: our own instructions have a shell export it.
 */
async function startStorage(port: number, host: string | undefined, state: string | undefined): Promise<Storage> {
  const named = process.env.AWS_ENDPOINT_URL_S3 || undefined
  const isElsewhere =
    named !== undefined && ![LOOPBACK, urlHost(host)].some((own) => named === `http://${own}:${port + 1}`)
  if (isElsewhere || state === undefined) {
    return { endpoint: named, isEmbedded: false, close: async () => undefined }
  }
  const server = createS3Server({ directory: join(state, 's3'), buckets: [{ name: OUTPUT_BUCKET }] })
  const place = { port: port === 0 ? 0 : port + 1, host }
  const boundPort = await listen(server, place, 'The S3 beside the emulator')
  return { endpoint: `http://${urlHost(host)}:${boundPort}`, isEmbedded: true, close: () => server.close() }
}

interface Place {
  readonly port: number
  readonly host: string | undefined
}

function listen(server: DualProtocolServer, { port, host }: Place, subject: string): Promise<number> {
  return server.listen(port, { host }).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === 'EADDRINUSE' ? `port ${port} is in use. Choose another with --port.` : error.message
    throw new Error(`${subject} cannot start: ${reason}`, { cause: error })
  })
}

function exposedBy({ isEmbedded }: Storage): string {
  const models = 'the models that the answers come from'
  return isEmbedded ? `${models} and every object of the S3` : models
}

function readOptions(): Place & { state: string | undefined; help: boolean } {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: String(DEFAULT_PORT) },
      host: { type: 'string' },
      state: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const port = /^\d{1,5}$/.test(values.port) ? Number(values.port) : Number.NaN
  if (!(port <= 65_535)) throw new Error(`--port is "${values.port}", it must be a whole number from 0 to 65535`)
  for (const name of ['OPENAI_BASE_URL', 'AWS_ENDPOINT_URL_S3']) {
    const value = process.env[name]
    if (value && !URL.canParse(value)) throw new Error(`${name} is "${value}", which is no URL`)
  }
  return { port, host: values.host, state: values.state, help: values.help }
}

const USAGE = `npm run bedrock -- [options]

  --port P            where it listens on the loopback (${DEFAULT_PORT})
  --host ADDRESS      also listens on this address or name, 0.0.0.0 for all: containers and other machines reach it
  --state DIRECTORY   keeps asynchronous invocations there, and an S3 on port P+1 unless AWS_ENDPOINT_URL_S3 names one
  --help              this text

With OPENAI_BASE_URL (and OPENAI_API_KEY, OPENAI_MODEL) in the environment, answers come from that server.
With EMULATOR_GUARDRAILS there are the guardrails of that file, docs/guardrails.md.
Asynchronous invocations write to the S3 of AWS_ENDPOINT_URL_S3; without one and without --state they are refused.`

function describe(url: string, openaiUrl: string | undefined, { endpoint, isEmbedded }: Storage): string {
  const model = openaiUrl ? `answers come from ${openaiUrl}` : 'answers come from a deterministic model'
  const exportS3 = isEmbedded ? `\n  export AWS_ENDPOINT_URL_S3=${endpoint}   # bucket ${OUTPUT_BUCKET}` : ''
  return `Amazon Bedrock Runtime emulator on ${url} (HTTP/1.1 and h2c); ${model}.

For any Bedrock program:
  export AWS_ENDPOINT_URL_BEDROCK_RUNTIME=${url}
  export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local${exportS3}

Try it:
  curl -s ${url}/model/${MODEL_ID}/converse -H 'content-type: application/json' -d '{"messages":[{"role":"user","content":[{"text":"What is the capital of France?"}]}]}'
`
}

main().catch((error: Error) => {
  console.error(error.message)
  process.exitCode = 1
})
