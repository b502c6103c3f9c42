import { type BedrockRequest, createBedrock } from '@bedrock-functions/runtime/bedrock'
import { type RestError, readConfiguration } from '@bedrock-functions/runtime/core'
import { type CannedReply, type RecordingServer, startRecordingServer } from '../../support/recording-server.ts'

let server: RecordingServer

afterEach(() => server.close())

async function startClient(reply: (index: number) => CannedReply | undefined, basePath = '') {
  server = await startRecordingServer(reply)
  return createBedrock(readConfiguration({}), {
    endpoint: server.url + basePath,
    region: 'us-east-1',
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
  })
}

const request: BedrockRequest = {
  path: '/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Afoundation-model%2Famazon.nova/converse',
  headers: { 'content-type': 'application/json', 'x-amzn-bedrock-trace': 'ENABLED' },
  body: Buffer.from('{"messages":[],"newField":{"a":[1]},"text":"日本"}'),
}
const never = new AbortController().signal
const throttled: CannedReply = {
  statusCode: 429,
  headers: { 'x-amzn-errortype': 'ThrottlingException:http://internal.amazon.com/', 'retry-after': '0' },
  body: '{"message":"Too many requests, please wait before trying again."}',
}
const answered: CannedReply = {
  statusCode: 200,
  headers: { 'content-type': 'application/json', 'x-amzn-bedrock-input-token-count': '7' },
  body: '{"output":{},"fieldOfTheFuture":[1,2]}',
}

test('path, headers and bytes are sent unchanged and signed for Bedrock, and the answer is returned unchanged', async () => {
  const bedrock = await startClient(() => answered, '/base')
  const reply = await bedrock.send(request, { signal: never, retry: true })
  const [sent] = server.requests
  expect(sent?.url).toBe(`/base${request.path}`)
  expect(sent?.body).toBe(Buffer.from(request.body).toString())
  expect(sent?.headers).toMatchObject({ 'x-amzn-bedrock-trace': 'ENABLED', 'content-type': 'application/json' })
  expect(sent?.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=key\/\d+\/us-east-1\/bedrock\/aws4_request/)
  expect(Buffer.from(reply.body).toString()).toBe(answered.body)
  expect(reply).toMatchObject({ statusCode: 200, attempts: 1, headers: { 'x-amzn-bedrock-input-token-count': '7' } })
})

test('a throttled call is retried if the caller does not retry', async () => {
  const bedrock = await startClient((index) => (index < 2 ? throttled : answered))
  await expect(bedrock.send(request, { signal: never, retry: true })).resolves.toMatchObject({ attempts: 3 })
})

test('the number of tries is known of a call that fails, and of one that its signal ends', async () => {
  const tries: number[] = []
  const onTry = (attempts: number) => tries.push(attempts)
  const refused = await startClient(() => throttled)
  await expect(refused.send(request, { signal: never, retry: true, onTry })).rejects.toMatchObject({ statusCode: 429 })
  expect(tries).toEqual([1, 2, 3])
  server.close()
  const silent = await startClient(() => undefined)
  const ended = new AbortController()
  const end = (attempts: number) => {
    tries.push(attempts)
    ended.abort(new Error('too late'))
  }
  await expect(silent.send(request, { signal: ended.signal, retry: true, onTry: end })).rejects.toThrow('too late')
  expect(tries).toEqual([1, 2, 3, 1])
})

test('the third refusal is returned to the caller with its type, message and retry-after', async () => {
  const bedrock = await startClient(() => throttled)
  await expect(bedrock.send(request, { signal: never, retry: true })).rejects.toMatchObject({
    name: 'ThrottlingException',
    statusCode: 429,
    message: 'Too many requests, please wait before trying again.',
    headers: { 'retry-after': '0' },
  })
  expect(server.requests).toHaveLength(3)
})

test('there is one try if the caller retries', async () => {
  const bedrock = await startClient(() => throttled)
  await expect(bedrock.send(request, { signal: never, retry: false })).rejects.toMatchObject({ statusCode: 429 })
  expect(server.requests).toHaveLength(1)
})

test.each([
  [424, 'ModelErrorException', '{"message":"m","originalStatusCode":500,"memberOfTheFuture":[1]}', 1],
  [408, 'ModelTimeoutException', '{"message":"slow"}', 1],
  [400, 'ValidationException', '{"message":"bad"}', 1],
  [404, 'FTUFormNotFilled', '{"message":"fill the form"}', 1],
  [503, 'ServiceUnavailableException', '{"message":"later"}', 3],
])('%i %s is returned with every member after the expected number of tries', async (statusCode, type, body, tries) => {
  const bedrock = await startClient(() => ({ statusCode, headers: { 'x-amzn-errortype': type }, body }))
  const error = await bedrock.send(request, { signal: never, retry: true }).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ name: type, statusCode })
  expect((error as RestError).toDocument()).toEqual(JSON.parse(body))
  expect(server.requests).toHaveLength(tries)
})

test.each([
  ['a type in the body', { body: '{"__type":"com.amazon.coral#AccessDeniedException","Message":"no"}' }, 'no'],
  ['no document at all', { body: '<html>' }, 'Bedrock answered 403 without a message.'],
])('an error with %s is read', async (_, reply, message) => {
  const bedrock = await startClient(() => ({ statusCode: 403, ...reply }))
  await expect(bedrock.send(request, { signal: never, retry: true })).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message,
  })
})

test("the signal's reason ends a call while Bedrock is silent", async () => {
  const controller = new AbortController()
  const bedrock = await startClient(() => {
    controller.abort(new Error('enough'))
    return undefined
  })
  await expect(bedrock.send(request, { signal: controller.signal, retry: true })).rejects.toThrow('enough')
  expect(server.requests).toHaveLength(1)
})

test("the signal's reason ends a wait between two tries", async () => {
  const controller = new AbortController()
  const bedrock = await startClient(() => {
    setImmediate(() => controller.abort(new Error('enough')))
    return { ...throttled, headers: { 'x-amzn-errortype': 'ThrottlingException', 'retry-after': '20' } }
  })
  await expect(bedrock.send(request, { signal: controller.signal, retry: true })).rejects.toThrow('enough')
})
