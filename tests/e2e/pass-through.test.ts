import { type RecordingServer, startRecordingServer } from '../support/recording-server.ts'
import { type RunningStack, startStack } from '../support/start-stack.ts'

/** A Bedrock behind the whole stack that sends members that no SDK knows yet. */

const NATIVE = '{"content":[{"type":"block_of_the_future","n":12345678901234567890}],"future":1.0}'
const CONVERSE =
  '{"output":{"message":{"role":"assistant","content":[{"blockOfTheFuture":{"n":12345678901234567890}}]}},"stopReason":"end_turn","usage":{"inputTokens":3,"outputTokens":5,"totalTokens":8,"tokensOfTheFuture":1},"metrics":{"latencyMs":1},"future":{"b":1,"a":2}}'

let bedrock: RecordingServer
let stack: RunningStack
beforeAll(async () => {
  bedrock = await startRecordingServer((index) => {
    const isNative = bedrock.requests[index]?.url.endsWith('/invoke') ?? false
    const headers = { 'content-type': 'application/json', 'x-amzn-bedrock-header-of-the-future': 'kept' }
    return { statusCode: 200, headers, body: isNative ? NATIVE : CONVERSE }
  })
  stack = await startStack({ environment: { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.url } })
}, 60_000)
afterAll(async () => {
  await stack.stop()
  await bedrock.close()
})

const MODEL = '/model/global.anthropic.claude-sonnet-4-6'
const CALLER = 'arn:aws:iam::123456789012:user/alice'

function post(path: string, body: string): Promise<Response> {
  return fetch(stack.api + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: 'AWS4-HMAC-SHA256 Credential=alice/20261121/us-east-1/execute-api/aws4_request, Signature=0',
      'x-amzn-bedrock-header-of-the-future': 'asked',
    },
    body,
  })
}

test('a native body and its answer are the same bytes on both sides', async () => {
  const asked = '{ "future": {"deep": [1.0, 12345678901234567890]}, "anthropic_version":"bedrock-2023-05-31" }'
  const response = await post(`${MODEL}/invoke`, asked)
  expect(await response.text()).toBe(NATIVE)
  expect(response.headers.get('x-amzn-bedrock-header-of-the-future')).toBe('kept')
  const sent = bedrock.requests.at(-1)
  expect(sent).toMatchObject({ body: asked, headers: { 'x-amzn-bedrock-header-of-the-future': 'asked' } })
  expect(JSON.parse(String(sent?.headers['x-amzn-bedrock-request-metadata']))).toEqual({ caller: CALLER })
})

test('a Converse document has its caller inserted at its beginning and is otherwise the same bytes', async () => {
  const rest =
    '"future": {"b": 12345678901234567890}, "messages":[{"role":"user","content":[{"futureBlock":{"x":1.50}}]}]}'
  const response = await post(`${MODEL}/converse`, `{${rest}`)
  expect(await response.text()).toBe(CONVERSE)
  expect(bedrock.requests.at(-1)?.body).toBe(`{"requestMetadata":{"caller":"${CALLER}"},${rest}`)
})
