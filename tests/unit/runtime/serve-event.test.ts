import { BedrockError, type RestReply } from '@bedrock-functions/runtime/core'
import { type Route, serveEvent, serveHttp } from '@bedrock-functions/runtime/http'
import type { Context } from 'aws-lambda'

const context = { awsRequestId: 'lambda-1', getRemainingTimeInMillis: () => 300_000 } as Context
const configuration = {
  requestTimeoutMs: 60_000,
  corsAllowOrigin: undefined,
  logErrorMessages: false,
  callerUnit: 'ROLE',
} as const
const converseEvent = { operation: 'Converse', modelId: 'x', messages: [] }
const httpEvent = {
  resource: '/model/{modelId}/converse',
  path: '/model/x/converse',
  httpMethod: 'POST',
  headers: {},
  requestContext: { requestId: 'gateway-1' },
  body: '{}',
}
const jsonReply = (text: string): RestReply => ({
  statusCode: 200,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(text),
})

let written: string[]
beforeEach(() => {
  written = []
  for (const output of [process.stdout, process.stderr]) {
    jest.spyOn(output, 'write').mockImplementation((chunk) => written.push(chunk.toString()) > 0)
  }
})
afterEach(() => jest.restoreAllMocks())

function routesOf(handle: Route['handle']): Route[] {
  return [
    { operation: 'Converse', method: 'POST', path: '/model/{modelId}/converse', handle },
    {
      operation: 'InvokeModel',
      method: 'POST',
      path: '/model/{modelId}/invoke',
      headerMembers: { contentType: 'content-type', serviceTier: 'x-amzn-bedrock-service-tier' },
      handle,
    },
  ]
}

/** Returns the answer as Lambda's runtime writes it. */
async function answerOf(event: unknown, handle: Route['handle']): Promise<string> {
  return JSON.stringify(
    await serveEvent({ routes: routesOf(handle), configuration, httpFunction: 'HttpFunction' })(event, context),
  )
}

test('a direct event is answered with the document, each number as Bedrock wrote it', async () => {
  const text = '{"metrics":{"latencyMs":1.0},"big":9007199254740993,"list":[1e400,-0,0.10,12],"text":"1.0"}'
  expect(await answerOf(converseEvent, async () => jsonReply(text))).toBe(text)
})

test("InvokeModel's body is next to the members that are headers, and media are in base64", async () => {
  const event = { operation: 'InvokeModel', modelId: 'x', body: {} }
  const withTier = {
    ...jsonReply('{"big":9007199254740993}'),
    headers: { 'content-type': 'application/json', 'x-amzn-bedrock-service-tier': 'flex' },
  }
  expect(await answerOf(event, async () => withTier)).toBe(
    '{"contentType":"application/json","serviceTier":"flex","body":{"big":9007199254740993}}',
  )
  const image = { statusCode: 200, headers: { 'content-type': 'image/png' }, body: Buffer.from([0xff, 0x00]) }
  expect(await answerOf(event, async () => image)).toBe('{"contentType":"image/png","body":"/wA="}')
})

test("a failure is thrown with Bedrock's error type after it was recorded", async () => {
  const failing = answerOf(converseEvent, () => Promise.reject(new BedrockError('ThrottlingException', 'too many')))
  await expect(failing).rejects.toMatchObject({ name: 'ThrottlingException', message: 'too many' })
  expect(written.join('')).toContain('"errorType":"ThrottlingException"')
})

test.each([
  ['a fault of the route', () => Promise.reject(new TypeError('the prompt itself'))],
  ['an answer that is no JSON', async () => jsonReply('the prompt itself')],
])('%s is an InternalServerException that quotes nothing', async (_name, handle) => {
  const error = await answerOf(converseEvent, handle).catch((thrown: Error) => thrown)
  expect(error).toMatchObject({ name: 'InternalServerException' })
  expect(`${JSON.stringify(error)}${(error as Error).message}${written.join('')}`).not.toContain('the prompt itself')
})

test('an HTTP event is refused with the name of the function to use', async () => {
  await expect(answerOf(httpEvent, async () => jsonReply('{}'))).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining('HttpFunction'),
  })
})

test('a streaming handler refuses a direct event in its answer and by an error', async () => {
  const chunks: string[] = []
  const stream = { setContentType() {}, write: (chunk: string) => chunks.push(chunk) }
  const handler = serveHttp({
    routes: routesOf(async () => jsonReply('{}')),
    configuration,
    eventFunction: 'EventFunction',
  })
  await expect(
    handler(converseEvent, stream as unknown as awslambda.HttpResponseStream, context),
  ).rejects.toMatchObject({ name: 'ValidationException', message: expect.stringContaining('EventFunction') })
  expect(JSON.parse(chunks.join(''))).toEqual({
    errorType: 'ValidationException',
    errorMessage: expect.stringContaining('EventFunction'),
  })
})
