import {
  BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  InvokeModelCommand,
} from '@aws-sdk/client-bedrock-runtime'
import { createBedrock } from '@bedrock-functions/runtime/bedrock'
import { readConfiguration } from '@bedrock-functions/runtime/core'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { type CannedReply, type RecordedRequest, startRecordingServer } from '../../support/recording-server.ts'

const modelId = 'amazon.nova-lite-v1:0'
const path = `/model/${encodeURIComponent(modelId)}/invoke`
const body = Buffer.from('{"messages":[]}')
const never = new AbortController().signal
const answered: CannedReply = { statusCode: 200, body: '{}' }
const ENVIRONMENT = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' }
const before = process.env

afterEach(() => {
  process.env = before
})

type Send = (configuration: BedrockRuntimeClientConfig) => Promise<unknown>

const sendBySdk: Send = (configuration) =>
  new BedrockRuntimeClient({ ...configuration, requestHandler: new NodeHttpHandler() }).send(
    new InvokeModelCommand({ modelId, body, contentType: 'application/json' }),
  )

const sendDirectly: Send = (configuration) =>
  createBedrock(readConfiguration({}), configuration).send(
    { path, headers: { 'content-type': 'application/json', accept: 'application/json' }, body },
    { signal: never, retry: true },
  )

interface Recorded {
  readonly requests: readonly RecordedRequest[]
  readonly outcome: PromiseSettledResult<unknown>
}

/** Sends one call in an environment to a server, whose address is in the environment or in the configuration. */
async function record(
  send: Send,
  replies: readonly CannedReply[],
  environment: Readonly<Record<string, string>>,
  configuration: BedrockRuntimeClientConfig = {},
): Promise<Recorded> {
  const server = await startRecordingServer((index) => replies[index] ?? answered)
  const endpoint = `${server.url}/base`
  process.env = { ...environment, AWS_ENDPOINT_URL_BEDROCK_RUNTIME: endpoint }
  const [outcome] = await Promise.allSettled([
    send({ ...configuration, ...(configuration.credentials && { endpoint }) }),
  ])
  await server.close()
  return { requests: server.requests, outcome }
}

/** Leaves out what differs between two calls to two servers. */
function comparable({ headers, ...request }: RecordedRequest) {
  const authorization = headers.authorization?.replace(/Signature=.*/, '')
  const { host: _host, 'amz-sdk-invocation-id': id, 'x-amz-date': _date, accept: _accept, ...others } = headers
  return { ...request, headers: { ...others, authorization: authorization?.replace('accept;', ''), id: id?.length } }
}

test.each<[string, Record<string, string>, BedrockRuntimeClientConfig]>([
  ['credentials in the environment', ENVIRONMENT, {}],
  [
    'a session token, inside Lambda',
    { ...ENVIRONMENT, AWS_SESSION_TOKEN: 'token', AWS_LAMBDA_FUNCTION_NAME: 'f', _X_AMZN_TRACE_ID: 'Root=1' },
    {},
  ],
  [
    'adaptive retries and an application id',
    { ...ENVIRONMENT, AWS_RETRY_MODE: 'adaptive', AWS_SDK_UA_APP_ID: 'app' },
    {},
  ],
  ["Bedrock's bearer token", { AWS_REGION: 'us-east-1', AWS_BEARER_TOKEN_BEDROCK: 'bearer' }, {}],
  [
    'a configured endpoint and credentials',
    {},
    { region: 'eu-west-1', credentials: { accessKeyId: 'key', secretAccessKey: 'secret' } },
  ],
])('requests with %s are those of the SDK', async (_, environment, configuration) => {
  const replies = [{ statusCode: 503 }, answered]
  const bySdk = await record(sendBySdk, replies, environment, configuration)
  const direct = await record(sendDirectly, replies, environment, configuration)
  expect(direct.requests).toHaveLength(2)
  expect(direct.requests.map(comparable)).toEqual(bySdk.requests.map(comparable))
})

const refusal = (statusCode: number, type: string, message = 'm', headers = {}): CannedReply => ({
  statusCode,
  headers: { 'x-amzn-errortype': type, ...headers },
  body: JSON.stringify({ message }),
})

test.each<[string, CannedReply]>([
  ['500', refusal(500, 'InternalServerException')],
  ['502 without a type', { statusCode: 502, body: '<html>' }],
  ['a model that is not ready', refusal(409, 'ModelNotReadyException')],
  ['400', refusal(400, 'ValidationException')],
  ['403', refusal(403, 'AccessDeniedException')],
  ['408', refusal(408, 'ModelTimeoutException')],
  ['424', refusal(424, 'ModelErrorException')],
  ['an expired signature', refusal(403, 'InvalidSignatureException', 'Signature expired: 1 is now earlier than 2')],
])('after %s there are as many tries as with the SDK', async (_, reply) => {
  const bySdk = await record(sendBySdk, [reply], ENVIRONMENT)
  const direct = await record(sendDirectly, [reply], ENVIRONMENT)
  expect(direct.requests.map(comparable)).toEqual(bySdk.requests.map(comparable))
  expect(direct.outcome.status).toBe(bySdk.outcome.status)
})

test("a clock that is wrong is corrected by Bedrock's, and the call is repeated", async () => {
  const date = new Date(Date.now() + 3_600_000).toUTCString()
  const skewed = refusal(403, 'InvalidSignatureException', 'Signature not yet current', { date })
  for (const send of [sendBySdk, sendDirectly]) {
    const { requests, outcome } = await record(send, [skewed, { ...answered, headers: { date } }], ENVIRONMENT)
    expect(outcome.status).toBe('fulfilled')
    const [first, second] = requests.map(({ headers }) => readDate(String(headers['x-amz-date'])))
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(3_500_000)
  }
})

/** Reads `20260101T000000Z`. */
function readDate(text: string): number {
  return Date.parse(text.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}

test('a repeated try waits as long as Bedrock asks', async () => {
  const times: number[] = []
  const server = await startRecordingServer((index) =>
    index === 0 ? refusal(503, 'ServiceUnavailableException', 'm', { 'x-amz-retry-after': '300' }) : answered,
  )
  const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' }
  const bedrock = createBedrock(readConfiguration({}), { endpoint: server.url, region: 'us-east-1', credentials })
  const onTry = () => times.push(performance.now())
  await bedrock.send({ path, headers: {}, body }, { signal: never, retry: true, onTry })
  await server.close()
  const [first = 0, second = 0] = times
  // Without the header it waits at most 50 ms.
  expect(second - first).toBeGreaterThan(250)
})

test('credentials that expire are asked for again, also for a repeated try', async () => {
  for (const send of [sendBySdk, sendDirectly]) {
    let asked = 0
    const credentials = async () => {
      asked += 1
      return { accessKeyId: `key${asked}`, secretAccessKey: 'secret', expiration: new Date(Date.now() - 1000) }
    }
    const { requests } = await record(send, [{ statusCode: 503 }], {}, { region: 'us-east-1', credentials })
    const keys = requests.map(({ headers }) => /Credential=([^/]+)/.exec(String(headers.authorization))?.[1])
    expect(new Set(keys).size).toBe(2)
  }
})
