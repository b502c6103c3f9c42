import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createS3Server } from '@bedrock-functions/s3-emulator'
import { describeExposure, urlHost } from '../net/addresses.ts'
import { type Place, readPort, runCommand, startServer } from '../net/server-command.ts'
import { createBedrockEmulator, formatSummary } from './index.ts'
import { reportDrift } from './recordings/report-drift.ts'

const DEFAULT_PORT = '3002'

const LOOPBACK = '127.0.0.1'

const BEDROCK_ENDPOINT = 'AWS_ENDPOINT_URL_BEDROCK_RUNTIME'

/** First bucket of the S3 beside the emulator. */
const OUTPUT_BUCKET = 'output'

const MODEL_ID = 'us.anthropic.claude-haiku-4-5-20251001-v1:0'

/** The emulator alone, until Ctrl-C. */
async function main() {
  const { port, host, state, record, replay, drift, quiet, help, ...options } = readOptions()
  if (help) {
    console.log(USAGE)
    return undefined
  }
  const region = process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION
  if (drift !== undefined) {
    if (!(await reportDrift(drift, describeBedrock(), { region }))) process.exitCode = 1
    return undefined
  }
  if (record !== undefined) forgetOwnEndpoint({ port, host })
  forgetOwnServer({ port, host })
  const storage = await startStorage({ port, host }, state)
  const open = async () => {
    const emulator = createBedrockEmulator({
      environment: process.env,
      region,
      record: record === undefined ? undefined : { directory: record, bedrock: { region } },
      replay: replay === undefined ? undefined : { directory: replay, isTimed: !options['no-delay'] },
      s3Endpoint: storage.endpoint,
      directory: state && join(state, 'bedrock'),
      models: options.models,
      refuseEndedModels: options['refuse-ended'],
      onRequest: (summary) => {
        if (!quiet) console.log(formatSummary(summary))
        if (summary.failure) console.error(summary.failure)
      },
    })
    return { emulator, url: await startServer(emulator, { port, host }, 'The Bedrock emulator') }
  }
  const { emulator, url } = await open().catch(async (error: Error) => {
    await storage.close()
    throw error
  })
  console.log(describe(url, describeSource(record, replay), storage))
  for (const line of describeExposure(host, exposedBy(storage, record))) console.log(line)
  return {
    async close() {
      await emulator.close()
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
  const isElsewhere = named !== undefined && !isOwnAddress(named, host, port + 1)
  if (isElsewhere || state === undefined) {
    return { endpoint: named, isEmbedded: false, close: async () => undefined }
  }
  const server = createS3Server({ directory: join(state, 's3'), buckets: [{ name: OUTPUT_BUCKET }] })
  const endpoint = await startServer(server, { port: port === 0 ? 0 : port + 1, host }, 'The S3 beside the emulator')
  return { endpoint, isEmbedded: true, close: () => server.close() }
}

/** Tests whether a URL is a port of this command. */
function isOwnAddress(url: string, host: string | undefined, port: number): boolean {
  return [LOOPBACK, 'localhost', urlHost(host)].some((own) => url.replace(/\/$/, '') === `http://${own}:${port}`)
}

/** Unsets a server of answers that is this emulator, because OpenAI's clients are pointed here by the same variable. */
function forgetOwnServer({ port, host }: Place): void {
  const named = process.env.OPENAI_BASE_URL
  if (named && isOwnAddress(new URL(named).origin, host, port)) delete process.env.OPENAI_BASE_URL
}

/** Unsets an endpoint of Bedrock that is this emulator, because our own instructions export it. */
function forgetOwnEndpoint({ port, host }: Place): void {
  const named = process.env[BEDROCK_ENDPOINT]
  if (named !== undefined && isOwnAddress(named, host, port)) delete process.env[BEDROCK_ENDPOINT]
}

function exposedBy({ isEmbedded }: Storage, record: string | undefined): string {
  const models = record === undefined ? 'the models that the answers come from' : 'Bedrock with your AWS credentials'
  return isEmbedded ? `${models} and every object of the S3` : models
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: DEFAULT_PORT },
      host: { type: 'string' },
      state: { type: 'string' },
      record: { type: 'string' },
      replay: { type: 'string' },
      drift: { type: 'string' },
      'no-delay': { type: 'boolean', default: false },
      model: { type: 'string', multiple: true, default: [] },
      'refuse-ended': { type: 'boolean', default: false },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const port = readPort(values.port)
  const modes = (['record', 'replay', 'drift'] as const).filter((mode) => values[mode] !== undefined)
  if (modes.length > 1) throw new Error(`${modes.map((mode) => `--${mode}`).join(' and ')} exclude each other`)
  if (values['no-delay'] && values.replay === undefined) throw new Error('--no-delay needs --replay')
  const usesBedrock = values.record !== undefined || values.drift !== undefined
  for (const name of ['OPENAI_BASE_URL', 'AWS_ENDPOINT_URL_S3', ...(usesBedrock ? [BEDROCK_ENDPOINT] : [])]) {
    const value = process.env[name]
    if (value && !URL.canParse(value)) throw new Error(`${name} is "${value}", which is not a URL`)
  }
  return { ...values, port, models: Object.fromEntries(values.model.map(readModel)) }
}

/** Splits `ARN=ID`. */
function readModel(option: string): [arn: string, modelId: string] {
  const [arn = '', modelId, ...rest] = option.split('=')
  if (modelId === undefined || rest.length > 0) throw new Error(`--model is "${option}", which is not ARN=ID`)
  return [arn, modelId]
}

const USAGE = `npm run bedrock -- [options]

  --port P            where it listens on the loopback (${DEFAULT_PORT}); 0 takes a free port
  --host ADDRESS      also listens on this address or name, 0.0.0.0 for all: containers and other machines reach it
  --state DIRECTORY   keeps asynchronous invocations and batch jobs there, and an S3 on port P+1 unless AWS_ENDPOINT_URL_S3 names one
  --record DIRECTORY  forwards to the real Bedrock with your AWS credentials and keeps requests and answers there
  --replay DIRECTORY  answers from the recordings there, streams with their timing
  --no-delay          with --replay: streams without their timing
  --drift DIRECTORY   sends the recorded requests to Bedrock again, lists where the shapes of answers differ, and ends;
                      the exit code is 1 if some differ
  --model ARN=ID      answers for this imported, custom or other model of an account as the foundation model ID does; repeatable
  --refuse-ended      refuses models after their end of life, as Bedrock does; they are answered by default
  --quiet             prints no line per request
  --help              this text

With OPENAI_BASE_URL (and OPENAI_API_KEY, OPENAI_MODEL) in the environment, answers come from that server.
EMULATOR_GUARDRAILS names a file of guardrails, see docs/guardrails.md.
EMULATOR_BATCH has settings of batch jobs, such as minRecords=1,stateMs=200, see docs/emulator.md.
EMULATOR_MODELS adds ids of models that the emulator does not know yet: anthropic.claude-opus-9,amazon.nova-3-*
Asynchronous invocations write to the S3 of AWS_ENDPOINT_URL_S3; without one and without --state they are refused.`

function describeBedrock(): string {
  return process.env[BEDROCK_ENDPOINT] || 'the real Bedrock'
}

function describeSource(record: string | undefined, replay: string | undefined): string {
  if (record !== undefined) {
    return `answers come from ${describeBedrock()} and are kept in ${record}`
  }
  if (replay !== undefined) return `answers come from the recordings in ${replay}`
  return `answers come from ${process.env.OPENAI_BASE_URL || 'a deterministic model'}`
}

function describe(url: string, source: string, { endpoint, isEmbedded }: Storage): string {
  const exportS3 = isEmbedded ? `\n  export AWS_ENDPOINT_URL_S3=${endpoint}   # bucket ${OUTPUT_BUCKET}` : ''
  return `Amazon Bedrock Runtime emulator on ${url} (HTTP/1.1 and h2c); ${source}.

For any Bedrock program:
  export AWS_ENDPOINT_URL_BEDROCK_RUNTIME=${url}
  export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local${exportS3}

Try it:
  curl -s ${url}/model/${MODEL_ID}/converse -H 'content-type: application/json' -d '{"messages":[{"role":"user","content":[{"text":"What is the capital of France?"}]}]}'
`
}

runCommand(main)
