import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createS3Server } from '@bedrock-functions/s3-emulator'
import { describeExposure, urlHost } from '../net/addresses.ts'
import { type Place, readPort, runCommand, startServer } from '../net/server-command.ts'
import { createBedrockEmulator, formatSummary } from './index.ts'

const DEFAULT_PORT = '3002'

const LOOPBACK = '127.0.0.1'

/** First bucket of the S3 beside the emulator. */
const OUTPUT_BUCKET = 'output'

const MODEL_ID = 'us.anthropic.claude-haiku-4-5-20251001-v1:0'

/** The emulator alone, until Ctrl-C. */
async function main() {
  const { port, host, state, quiet, help } = readOptions()
  if (help) {
    console.log(USAGE)
    return undefined
  }
  const storage = await startStorage({ port, host }, state)
  const server = createBedrockEmulator({
    environment: process.env,
    region: process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION,
    s3Endpoint: storage.endpoint,
    directory: state && join(state, 'bedrock'),
    onRequest: (summary) => {
      if (!quiet) console.log(formatSummary(summary))
      if (summary.failure) console.error(summary.failure)
    },
  })
  const url = await startServer(server, { port, host }, 'The Bedrock emulator').catch(async (error: Error) => {
    await storage.close()
    throw error
  })
  console.log(describe(url, process.env.OPENAI_BASE_URL, storage))
  for (const line of describeExposure(host, exposedBy(storage))) console.log(line)
  return {
    async close() {
      await server.close()
      await storage.close()
    },
  }
}

/** The S3 that asynchronous invocations write to. */
interface Storage {
  readonly endpoint: string | undefined
  readonly isEmbedded: boolean
  close(): Promise<void>
}

/**
 * Uses the S3 that AWS_ENDPOINT_URL_S3 names. Otherwise, with --state, starts one on the next port. The address of that
 * next port counts as unset, because our own instructions export it.
 */
async function startStorage({ port, host }: Place, state: string | undefined): Promise<Storage> {
  const named = process.env.AWS_ENDPOINT_URL_S3 || undefined
  const isElsewhere =
    named !== undefined && ![LOOPBACK, urlHost(host)].some((own) => named === `http://${own}:${port + 1}`)
  if (isElsewhere || state === undefined) {
    return { endpoint: named, isEmbedded: false, close: async () => undefined }
  }
  const server = createS3Server({ directory: join(state, 's3'), buckets: [{ name: OUTPUT_BUCKET }] })
  const endpoint = await startServer(server, { port: port === 0 ? 0 : port + 1, host }, 'The S3 beside the emulator')
  return { endpoint, isEmbedded: true, close: () => server.close() }
}

function exposedBy({ isEmbedded }: Storage): string {
  const models = 'the models that the answers come from'
  return isEmbedded ? `${models} and every object of the S3` : models
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: DEFAULT_PORT },
      host: { type: 'string' },
      state: { type: 'string' },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const port = readPort(values.port)
  for (const name of ['OPENAI_BASE_URL', 'AWS_ENDPOINT_URL_S3']) {
    const value = process.env[name]
    if (value && !URL.canParse(value)) throw new Error(`${name} is "${value}", which is not a URL`)
  }
  return { ...values, port }
}

const USAGE = `npm run bedrock -- [options]

  --port P            where it listens on the loopback (${DEFAULT_PORT}); 0 takes a free port
  --host ADDRESS      also listens on this address or name, 0.0.0.0 for all: containers and other machines reach it
  --state DIRECTORY   keeps asynchronous invocations there, and an S3 on port P+1 unless AWS_ENDPOINT_URL_S3 names one
  --quiet             prints no line per request
  --help              this text

With OPENAI_BASE_URL (and OPENAI_API_KEY, OPENAI_MODEL) in the environment, answers come from that server.
EMULATOR_GUARDRAILS names a file of guardrails, see docs/guardrails.md.
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

runCommand(main)
