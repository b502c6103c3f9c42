import { type FixtureStack, startFixtureStack } from './support/fixture-stack.ts'

const ORIGIN = 'https://app.example'
const PREFLIGHT = { origin: ORIGIN, 'access-control-request-method': 'POST' }

let stack: FixtureStack
afterEach(() => stack.close())

async function start(parameters: Record<string, string>): Promise<void> {
  stack = await startFixtureStack({
    template: 'function-url.yaml',
    parameters: { Handler: 'function-url.streamed', ...parameters },
  })
}

/** CORS headers of an answer. */
async function ask(path: string, method: string, headers: Record<string, string>) {
  const response = await fetch(stack.functionUrl + path, { method, headers })
  const text = await response.text()
  const cors = [...response.headers].filter(([name]) => name.startsWith('access-control-') || name === 'vary')
  return { status: response.status, text, cors: Object.fromEntries(cors) }
}

test('without Cors the function gets the preflight', async () => {
  await start({})
  const { status, text, cors } = await ask('/', 'OPTIONS', PREFLIGHT)
  expect([status, JSON.parse(text).requestContext.http.method, cors]).toEqual([200, 'OPTIONS', {}])
})

test('with Cors the URL answers the preflight itself', async () => {
  await start({ AllowOrigins: `https://other.example,${ORIGIN}`, AllowCredentials: 'true' })
  expect(await ask('/', 'OPTIONS', PREFLIGHT)).toEqual({
    status: 200,
    text: '',
    cors: {
      vary: 'Origin',
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-methods': 'GET,POST',
      'access-control-allow-headers': 'authorization,content-type',
      'access-control-allow-credentials': 'true',
      'access-control-max-age': '300',
    },
  })
  expect(stack.summaries).toMatchObject([{ method: 'OPTIONS', statusCode: 200, functionName: undefined }])

  const stranger = await ask('/', 'OPTIONS', { ...PREFLIGHT, origin: 'https://stranger.example' })
  expect(stranger).toEqual({ status: 200, text: '', cors: { vary: 'Origin' } })
  // The function gets any other OPTIONS.
  expect((await ask('/', 'OPTIONS', { origin: ORIGIN })).text).toContain('"method":"OPTIONS"')
})

test('with Cors every other answer, also an error, has the headers', async () => {
  await start({ AllowOrigins: '*' })
  const expected = {
    vary: 'Origin',
    'access-control-allow-origin': ORIGIN,
    'access-control-expose-headers': 'x-amzn-errortype',
  }
  expect(await ask('/', 'POST', { origin: ORIGIN })).toMatchObject({ status: 200, cors: expected })
  expect(await ask('/throwsFirst?fail=1', 'GET', { origin: ORIGIN })).toMatchObject({ status: 502, cors: expected })
  expect((await ask('/', 'GET', {})).cors).toEqual({ vary: 'Origin' })
})

test('a function’s CORS headers stay beside those of the URL', async () => {
  await start({ AllowOrigins: ORIGIN })
  expect((await ask('/ownCors', 'GET', { origin: ORIGIN })).cors).toMatchObject({
    vary: 'accept, Origin',
    'access-control-allow-origin': `*, ${ORIGIN}`,
  })
})
