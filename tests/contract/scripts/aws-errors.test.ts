import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../../..')
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' }

/** Answers like AWS to unknown credentials, and like another server below /proxy/. */
let server: Server
let url: string
let closedUrl: string
beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url?.startsWith('/proxy/')) return response.writeHead(404).end()
    response.writeHead(403, { 'x-amzn-errortype': 'UnrecognizedClientException', 'x-amzn-requestid': 'id' })
    return response.end('{"message":"The security token included in the request is invalid."}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  closedUrl = `http://127.0.0.1:${(closed.address() as AddressInfo).port}`
  closed.close()
})
afterAll(() => server.close())

function run(words: readonly string[], environment: Record<string, string>): Promise<unknown> {
  const { PATH } = process.env
  const env = { PATH, HOME: tmpdir(), AWS_EC2_METADATA_DISABLED: 'true', AWS_MAX_ATTEMPTS: '1', ...environment }
  return new Promise((resolve) => {
    execFile(process.execPath, ['scripts/node24.cjs', ...words], { cwd: ROOT, env }, (error, stdout, stderr) =>
      resolve({ code: error?.code, stdout, stderr }),
    )
  })
}

const COMMANDS = [
  ['npm run keys', ['scripts/keys.ts', 'list', '--region', 'us-east-1']],
  ['npm run models:refresh', ['scripts/refresh-models.ts', '--region', 'us-east-1', '--check']],
] as const

describe.each(COMMANDS)('%s', (_name, words) => {
  test('without credentials says in one line how to give some', async () => {
    expect(await run(words, {})).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'Could not load credentials from any providers. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; for a profile of IAM Identity Center run: aws sso login\n',
    })
  })

  test('with credentials that AWS refuses says so in one line', async () => {
    expect(await run(words, { ...CREDENTIALS, AWS_ENDPOINT_URL: url })).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'AWS refuses the credentials (UnrecognizedClientException): The security token included in the request is invalid. Renew them.\n',
    })
  })

  test('without a network says in one line what was tried', async () => {
    expect(await run(words, { ...CREDENTIALS, AWS_ENDPOINT_URL: closedUrl })).toEqual({
      code: 1,
      stdout: '',
      stderr: `AWS cannot be reached: connect ECONNREFUSED ${closedUrl.slice(7)}. Check the network, the Region and AWS_ENDPOINT_URL.\n`,
    })
  })

  test('behind a proxy that answers in place of AWS says in one line that AWS does not answer', async () => {
    expect(await run(words, { ...CREDENTIALS, AWS_ENDPOINT_URL: `${url}/proxy` })).toEqual({
      code: 1,
      stdout: '',
      stderr: 'The answer is not from AWS (status 404). Check the proxy and AWS_ENDPOINT_URL.\n',
    })
  })
})
