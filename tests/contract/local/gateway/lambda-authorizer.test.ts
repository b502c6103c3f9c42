import { type Gateways, startGateways } from './support/start-gateways.ts'

let gateways: Gateways
beforeAll(async () => {
  gateways = await startGateways('iam')
})
afterAll(() => gateways.close())

async function get(token: string, path = '/other') {
  const response = await fetch(gateways.url + path, { headers: { 'x-token': token } })
  return { status: response.status, type: response.headers.get('x-amzn-errortype'), body: await response.json() }
}

/** Returns the authorizer's context that the function saw. */
async function contextFor(token: string) {
  const { body } = (await get(token)) as { body: { output: { message: { content: { text: string }[] } } } }
  return JSON.parse(body.output.message.content[0]?.text ?? '').authorizer
}

test("the function gets the authorizer's context as text, and its answer is cached for the token", async () => {
  const first = await contextFor('one')
  expect(first).toEqual({
    principalId: 'somebody',
    calls: expect.stringMatching(/^\d+$/),
    isAdmin: 'true',
    integrationLatency: expect.any(Number),
  })
  expect((await contextFor('one')).calls).toBe(first.calls)
  expect((await contextFor('two')).calls).not.toBe(first.calls)
  gateways.now += 301_000
  expect((await contextFor('one')).calls).not.toBe(first.calls)
})

test('a cached answer is evaluated again for every method', async () => {
  // The policy names the method of the first request.
  expect((await get('three')).status).toBe(200)
  expect(await get('three', '/other/second')).toEqual({
    status: 403,
    type: 'AccessDeniedException',
    body: { message: 'User is not authorized to access this resource' },
  })
})

test.each([
  ['denies', 'deny', 403, 'AccessDeniedException', /with an explicit deny$/],
  [
    'allows something else',
    'elsewhere',
    403,
    'AccessDeniedException',
    /^User is not authorized to access this resource$/,
  ],
  ['says Unauthorized', 'unauthorized', 403, 'AccessDeniedException', /^Unauthorized$/],
  ['throws anything else', 'fails', 500, 'AuthorizerFailureException', /^Internal server error$/],
  ['has no policy', 'no policy', 500, 'AuthorizerConfigurationException', /^Internal server error$/],
])('a request is refused if the authorizer function %s', async (_name, token, status, type, message) => {
  expect(await get(token)).toEqual({ status, type, body: { message: expect.stringMatching(message) } })
})

test('the console shows why an authorizer failed', async () => {
  await get('fails')
  expect(gateways.summaries.at(-1)?.failure).toBe('Internal server error: OtherAuthorizeFunction: TypeError')
})
