import { parseArgs } from 'node:util'
import { formatSummary } from './format-summary.ts'
import { createBedrockEmulator } from './index.ts'

const DEFAULT_PORT = 3002
const MODEL_ID = 'us.anthropic.claude-haiku-4-5-20251001-v1:0'

/** The emulator alone: `npm run bedrock [-- --port PORT]`, until Ctrl-C. */
async function main(): Promise<void> {
  const { port, help } = readOptions()
  if (help) {
    console.log(USAGE)
    return
  }
  const server = createBedrockEmulator({
    environment: process.env,
    onRequest: (summary) => {
      console.log(formatSummary(summary))
      if (summary.failure) console.error(summary.failure)
    },
  })
  const boundPort = await server.listen(port).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === 'EADDRINUSE' ? `port ${port} is in use. Choose another with --port.` : error.message
    throw new Error(`The Bedrock emulator cannot start: ${reason}`, { cause: error })
  })
  console.log(describe(`http://127.0.0.1:${boundPort}`, process.env.OPENAI_BASE_URL))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.close())
}

function readOptions(): { port: number; help: boolean } {
  const { values } = parseArgs({
    options: { port: { type: 'string', default: String(DEFAULT_PORT) }, help: { type: 'boolean', default: false } },
  })
  const port = /^\d{1,5}$/.test(values.port) ? Number(values.port) : Number.NaN
  if (!(port <= 65_535)) throw new Error(`--port is "${values.port}", it must be a whole number from 0 to 65535`)
  if (process.env.OPENAI_BASE_URL && !URL.canParse(process.env.OPENAI_BASE_URL)) {
    throw new Error(`OPENAI_BASE_URL is "${process.env.OPENAI_BASE_URL}", which is no URL`)
  }
  return { port, help: values.help }
}

const USAGE = `npm run bedrock -- [options]

  --port P   where it listens on 127.0.0.1 (${DEFAULT_PORT})
  --help     this text

With OPENAI_BASE_URL (and OPENAI_API_KEY, OPENAI_MODEL) in the environment, answers come from that server.`

function describe(url: string, openaiUrl: string | undefined): string {
  const model = openaiUrl ? `answers come from ${openaiUrl}` : 'answers come from a deterministic model'
  return `Amazon Bedrock Runtime emulator on ${url} (HTTP/1.1 and h2c); ${model}.

For any Bedrock program:
  export AWS_ENDPOINT_URL_BEDROCK_RUNTIME=${url}
  export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local

Try it:
  curl -s ${url}/model/${MODEL_ID}/converse -H 'content-type: application/json' -d '{"messages":[{"role":"user","content":[{"text":"What is the capital of France?"}]}]}'
`
}

main().catch((error: Error) => {
  console.error(error.message)
  process.exitCode = 1
})
