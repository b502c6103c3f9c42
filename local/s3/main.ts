import { parseArgs } from 'node:util'
import { readPort, runCommand, startServer } from '../net/server-command.ts'
import { createS3Server, type RequestSummary } from './index.ts'

const DEFAULT_PORT = '3003'

const USAGE = `npm run s3 -- --state DIRECTORY [options]

  --state DIRECTORY   holds buckets and objects over restarts
  --bucket NAME       a bucket to begin with; may be repeated
  --port P            where it listens on 127.0.0.1 (${DEFAULT_PORT}); 0 takes a free port
  --quiet             prints no line per request
  --help              this text`

/** S3 alone, until Ctrl-C. */
async function main() {
  const { values } = parseArgs({
    options: {
      state: { type: 'string' },
      bucket: { type: 'string', multiple: true, default: [] },
      port: { type: 'string', default: DEFAULT_PORT },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return undefined
  }
  if (values.state === undefined) throw new Error('--state is missing: the directory that holds buckets and objects')
  const server = createS3Server({
    directory: values.state,
    buckets: values.bucket.map((name) => ({ name })),
    onRequest: (summary) => {
      if (!values.quiet) console.log(describe(summary))
      if (summary.failure) console.error(summary.failure)
    },
  })
  const url = await startServer(server, { port: readPort(values.port) }, 'S3')
  console.log(`Amazon S3 emulator on ${url} (HTTP/1.1 and h2c), state in ${values.state}

  export AWS_ENDPOINT_URL_S3=${url} AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
`)
  return server
}

function describe({ statusCode, operation, bucket, key, errorCode, durationMs }: RequestSummary): string {
  const resource = bucket === undefined ? '' : ` ${bucket}${key === undefined ? '' : `/${key}`}`
  return `${statusCode} ${operation ?? errorCode}${resource} ${Math.round(durationMs)} ms`
}

runCommand(main)
