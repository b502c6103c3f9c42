import { type BannerOptions, describeStack } from '../../../local/banner.ts'
import { readSigners } from '../../../local/gateway/access/signature/credentials.ts'
import { embeddedService, readShellServices } from '../../../local/service-access.ts'
import type { LocalStack } from '../../../local/start-local-stack.ts'
import type { LoadedTemplate } from '../../../local/template/model.ts'

const stack = {
  apiUrl: 'http://127.0.0.1:3000',
  emulatorUrl: 'http://127.0.0.1:3002',
  auth: 'open',
  bedrock: embeddedService('AWS_ENDPOINT_URL_BEDROCK_RUNTIME', 'http://127.0.0.1:3002'),
} as unknown as LocalStack
const options: BannerOptions = { openaiUrl: undefined, signers: [], state: undefined }
const template = {
  region: 'us-east-1',
  buckets: [{ name: 'local-jobs' }],
  queues: [{ name: 'a' }, { name: 'b' }],
  tables: [{ name: 'usage' }],
} as unknown as LoadedTemplate

test('the page is named, and the function URL if there is one', () => {
  expect(describeStack({ ...stack, functionUrl: 'http://127.0.0.1:3001' }, template, options)).toMatch(
    /^API {15}http:\/\/127\.0\.0\.1:3000\nPage {14}http:\/\/127\.0\.0\.1:3000\/ .*\nFunction URL {6}http:\/\/127\.0\.0\.1:3001\nBedrock emulator {2}http/,
  )
  expect(describeStack(stack, template, options)).not.toContain('Function URL')
})

test('a server of the shell that gets prompts is a warning', () => {
  expect(describeStack(stack, template, options)).not.toContain('OPENAI')
  expect(describeStack(stack, template, { ...options, openaiUrl: 'http://127.0.0.1:11434/v1' })).toContain(
    'prompts go to http://127.0.0.1:11434/v1',
  )
})

test('the addresses of S3, EventBridge, SQS and DynamoDB, their resources and the variables for clients are named', () => {
  const text = describeStack(
    {
      ...stack,
      s3: embeddedService('AWS_ENDPOINT_URL_S3', 'http://127.0.0.1:3003'),
      eventBridge: embeddedService('AWS_ENDPOINT_URL_EVENTBRIDGE', 'http://127.0.0.1:3005'),
      sqs: embeddedService('AWS_ENDPOINT_URL_SQS', 'http://127.0.0.1:3006'),
      dynamoDb: embeddedService('AWS_ENDPOINT_URL_DYNAMODB', 'http://127.0.0.1:3007'),
    },
    template,
    options,
  )
  expect(text).toMatch(/^S3 {16}http:\/\/127\.0\.0\.1:3003 {2}bucket local-jobs$/m)
  expect(text).toMatch(/^EventBridge {7}http:\/\/127\.0\.0\.1:3005$/m)
  expect(text).toMatch(/^SQS {15}http:\/\/127\.0\.0\.1:3006 {2}queue a, b$/m)
  expect(text).toMatch(/^DynamoDB {10}http:\/\/127\.0\.0\.1:3007 {2}table usage$/m)
  expect(text).toContain('  export AWS_ENDPOINT_URL_S3=http://127.0.0.1:3003\n')
})

test('an S3 of the shell that sends no events is a warning', () => {
  const s3 = readShellServices({ AWS_ENDPOINT_URL_S3: 'http://minio:9000' }, [])('AWS_ENDPOINT_URL_S3')
  const text = describeStack({ ...stack, s3 }, template, options)
  expect(text).toContain('AWS_ENDPOINT_URL_S3 is set in this shell: functions call http://minio:9000,')
  expect(text).not.toMatch(/^S3 /m)
})

test.each([
  ['key' as const, 'keys -- --local create', 'converse -H "authorization: Bearer $AWS_BEARER_TOKEN_BEDROCK"'],
  ['iam' as const, 'signatures for execute-api', 'sonnet-4-6/converse --aws-sigv4 aws:amz:us-east-1:execute-api'],
])('the credentials for a call with --auth %s are named', (auth, access, curl) => {
  const text = describeStack({ ...stack, auth }, template, options)
  expect(text).toContain(access)
  expect(text).toContain(curl)
})

test('the command for a key has the state directory unless it is the default', () => {
  const keyStack: LocalStack = { ...stack, auth: 'key' }
  expect(describeStack(keyStack, template, options)).toContain('keys -- --local create me')
  expect(describeStack(keyStack, template, { ...options, state: 'my state' })).toContain(
    "keys -- --local --state 'my state' create me",
  )
})

test('the commands with --auth iam use one of LOCAL_CREDENTIALS without its secret', () => {
  const iamStack: LocalStack = { ...stack, auth: 'iam' }
  const plain = describeStack(iamStack, template, { ...options, signers: readSigners({}) })
  expect(plain).toContain('--user local:local')
  const signers = readSigners({ LOCAL_CREDENTIALS: 'alice:hidden bob:hidden' })
  const text = describeStack(iamStack, template, { ...options, signers })
  expect(text).toContain('by the users of LOCAL_CREDENTIALS: alice, bob.')
  expect(text).toContain('--user alice:SECRET')
  expect(text).toContain('export AWS_ACCESS_KEY_ID=alice AWS_SECRET_ACCESS_KEY=SECRET')
  expect(text).not.toMatch(/hidden|local:local|ID=local/)
})

test('with TLS the banner explains to each kind of client how to trust the certificate', () => {
  const text = describeStack({ ...stack, certificateFile: '/my state/certificate.pem' }, template, options)
  for (const name of ['AWS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE']) {
    expect(text).toContain(`  export ${name}='/my state/certificate.pem' `)
  }
  expect(text).toMatch(/^ {2}curl --cacert '\/my state\/certificate\.pem' http/m)
  expect(describeStack(stack, template, options)).not.toContain('certificate')
})

test('addresses that others can reach are a warning, and only those', () => {
  const withHost = (host: string) => describeStack(stack, template, { ...options, host })
  expect(withHost('0.0.0.0')).toMatch(/^WARNING: --host 0\.0\.0\.0: .* S3, events, queues and workflows\.$/m)
  for (const host of ['localhost', '127.0.0.1', '::1']) expect(withHost(host)).not.toContain('WARNING')
})

test('with --auth key and without TLS the banner names the clients that need TLS', () => {
  const withKeys: LocalStack = { ...stack, auth: 'key' }
  const certificateFile = '/certificate.pem'
  expect(describeStack(withKeys, template, options)).toContain('start with --tls for them')
  expect(describeStack({ ...withKeys, certificateFile }, template, options)).not.toContain('start with --tls')
})

test('the address for a debugger is named', () => {
  const inspect = { functionName: 'InvokeFunction', port: 9300 }
  expect(describeStack(stack, template, { ...options, inspect })).toContain('attach a debugger to 127.0.0.1:9300')
})
