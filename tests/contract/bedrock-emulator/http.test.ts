import { once } from 'node:events'
import { request as sendRequest } from 'node:http'
import type { RequestSummary } from '@bedrock-functions/bedrock-emulator'
import { CLAUDE, NOVA, post, type RunningEmulator, startEmulator, userMessage } from './support.ts'

let emulator: RunningEmulator
const summaries: RequestSummary[] = []

beforeAll(async () => {
  emulator = await startEmulator({ onRequest: (summary) => summaries.push(summary) })
})

afterAll(() => emulator.close())

/** Sends a raw path, which fetch would normalize. */
async function sendRaw(
  method: string,
  path: string,
  body = '{}',
): Promise<{ status: number | undefined; type: unknown; id: unknown; message: string }> {
  const request = sendRequest(emulator.url, { method, path }).end(method === 'GET' ? undefined : body)
  const [response] = await once(request, 'response')
  const text = (await response.toArray()).join('')
  const { statusCode: status, headers } = response
  return {
    status,
    type: headers['x-amzn-errortype'],
    id: headers['x-amzn-requestid'],
    message: JSON.parse(text).message,
  }
}

describe('paths', () => {
  test.each([
    ['POST', '/', 404, 'UnknownOperationException'],
    ['POST', '/model', 404, 'UnknownOperationException'],
    ['POST', '/model/x/explode', 404, 'UnknownOperationException'],
    ['POST', '/model//x', 404, 'UnknownOperationException'],
    ['GET', `/model/${NOVA}/converse`, 404, 'UnknownOperationException'],
    ['PUT', `/model/${NOVA}/invoke`, 404, 'UnknownOperationException'],
    ['POST', '/model//converse', 400, 'ValidationException'],
    ['POST', '/model/../converse', 400, 'ValidationException'],
    ['POST', '/model/..%2f..%2fetc/converse', 400, 'ValidationException'],
    ['POST', '/model/%/converse', 400, 'ValidationException'],
    ['POST', '/model/%e0%a4/converse', 400, 'ValidationException'],
    ['POST', '/model/%00/invoke', 400, 'ValidationException'],
    // The path is decoded once, not twice.
    ['POST', `/model/${NOVA.replace(':', '%253A')}/converse`, 400, 'ValidationException'],
  ])('%s %s is %i %s', async (method, path, status, type) => {
    expect(await sendRaw(method, path)).toEqual({
      status,
      // Bedrock sends a namespace behind the type.
      type: expect.stringMatching(
        new RegExp(`^${type}:http://internal\\.amazon\\.com/coral/com\\.amazon\\.(bedrock|coral\\.service)/$`),
      ),
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      message: expect.any(String),
    })
  })

  test('may have a query', async () => {
    expect(
      (await post(emulator.url, `/model/${NOVA}/converse?x=/y`, { messages: [userMessage('Hello')] })).status,
    ).toBe(200)
  })
})

test('a body over 25,000,000 bytes is refused, and the connection stays open', async () => {
  const large = await post(emulator.url, `/model/${NOVA}/invoke`, Buffer.alloc(25_000_001, 0x20))

  expect(large).toMatchObject({ status: 400, body: { message: expect.stringContaining('25000000 bytes') } })
  expect((await post(emulator.url, `/model/${NOVA}/converse`, { messages: [userMessage('Hello')] })).status).toBe(200)
})

test('a Converse request is refused above 25,000,000 bytes of media before base64, which may be longer', async () => {
  const source = { bytes: Buffer.alloc(25_000_001, '%PDF-1.7\n').toString('base64') }
  const document = { format: 'pdf', name: 'a', source }

  expect(
    await post(emulator.url, `/model/${CLAUDE}/converse`, {
      messages: [{ role: 'user', content: [{ text: 'Read' }, { document }] }],
    }),
  ).toMatchObject({ status: 400, body: { message: 'Input is too long for requested model.' } })
})

test('each request is summarized without its prompt', async () => {
  summaries.length = 0

  await post(emulator.url, `/model/${CLAUDE}/converse`, { messages: [userMessage('My secret')] })
  await post(emulator.url, `/model/${CLAUDE}/converse`, {
    messages: [userMessage('My secret [emulator:error=ThrottlingException]')],
  })

  expect(summaries).toMatchObject([
    { operation: 'Converse', statusCode: 200, inputTokens: 5, outputTokens: expect.any(Number), isAbandoned: false },
    { operation: 'Converse', statusCode: 429, errorType: 'ThrottlingException' },
  ])
  expect(JSON.stringify(summaries)).not.toContain('secret')
})

test('200 simultaneous requests succeed', async () => {
  const replies = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      post(emulator.url, `/model/${NOVA}/converse`, { messages: [userMessage(`[emulator:say=${index}]`)] }),
    ),
  )

  expect(replies.map(({ body }) => body.output.message.content[0].text)).toEqual(
    Array.from({ length: 200 }, (_, index) => String(index)),
  )
})
