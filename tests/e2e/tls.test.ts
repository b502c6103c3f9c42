import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { createKey } from '../support/create-key.ts'
import { type RunningStack, startStack } from '../support/start-stack.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const run = promisify(execFile)

let stack: RunningStack
beforeAll(async () => {
  stack = await startStack({ arguments: ['--auth', 'key', '--tls', '--host', '127.0.0.2'] })
}, 60_000)
afterAll(() => stack.stop())

const certificateFile = () => join(stack.stateDirectory, 'tls', 'certificate.pem')

test('the SDK calls every mode with a key over https and trusts the certificate by an environment variable alone', async () => {
  const { stdout } = await run(process.execPath, [join(ROOT, 'tests/clients/every-mode.ts')], {
    env: {
      PATH: process.env.PATH,
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: stack.api.replace('http://127.0.0.1', 'https://localhost'),
      AWS_REGION: 'us-east-1',
      AWS_BEARER_TOKEN_BEDROCK: await createKey(stack, 'alice'),
      JOBS_BUCKET: 'local-jobsbucket',
      NODE_EXTRA_CA_CERTS: certificateFile(),
    },
  })
  expect(stdout.match(/every mode with a key/g)).toHaveLength(2)
})

async function send(url: string, method: string, headers: Record<string, string>, body = ''): Promise<string> {
  const call = request(url, { method, headers, ca: await readFile(certificateFile()) })
  const answered = new Promise<string>((resolve, reject) => {
    call.on('response', async (response) => resolve(`${response.statusCode} ${await buffer(response)}`))
    call.on('error', reject)
  })
  call.end(body)
  return answered
}

test('the API answers on the address of --host, which the banner and the certificate name', async () => {
  const [, url = ''] = /^API {15}(https:\/\/127\.0\.0\.2:\d+)$/m.exec(stack.output()) ?? []
  expect(await send(`${url}/models`, 'GET', {})).toMatch(/^401 /)
})

test('links that functions sign are https and are served', async () => {
  const authorization = `Bearer ${await createKey(stack, 'bob')}`
  const https = stack.api.replace('http:', 'https:')
  const ticket = await send(`${https}/uploads`, 'POST', { authorization }, '{"contentType":"text/plain"}')
  const { url, headers } = JSON.parse(ticket.slice('200 '.length))
  expect(url).toMatch(/^https:\/\/127\.0\.0\.2:/)
  expect(await send(url, 'PUT', headers, 'A letter')).toMatch(/^200 /)
})
