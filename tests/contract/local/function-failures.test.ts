import { type FixtureStack, startFixtureStack } from './support/fixture-stack.ts'

let stack: FixtureStack
beforeAll(async () => {
  stack = await startFixtureStack()
})
afterAll(() => stack.close())

describe.each([
  ['throws', 'TypeError'],
  ['exits', 'Runtime.ExitError'],
  ['memory', 'Runtime.OutOfMemory'],
  ['sleeps', 'Sandbox.Timedout'],
  ['throws-first', 'TypeError'],
])('a failing function: /%s', (route, errorType) => {
  test('is answered with 502, and its next request succeeds', async () => {
    const failed = await fetch(`${stack.url}/${route}?fail=1`)
    expect([failed.status, await failed.text()]).toEqual([502, '{"message":"Internal server error"}'])
    expect(failed.headers.get('x-amzn-errortype')).toBe('InternalServerErrorException')

    const next = await fetch(`${stack.url}/${route}`)
    expect(next.status).toBe(200)
    expect(await next.text()).toContain('fine')

    expect(stack.summaries.filter(({ rawPath }) => rawPath === `/${route}`)).toMatchObject([
      { statusCode: 502, failure: errorType },
      { statusCode: 200, failure: undefined },
    ])
  })
})

describe('an answer that is not a response', () => {
  test.each([
    ['a value that is no proxy response', '/malformed'],
    ['a stream without metadata', '/no-prelude'],
    ['more than 6 MB', `/large?bytes=${6_291_557}`],
  ])('is answered with 502: %s', async (_name, path) => {
    const response = await fetch(stack.url + path)
    expect([response.status, await response.text()]).toEqual([502, '{"message":"Internal server error"}'])
  })

  test('an answer of nearly 6 MB is delivered', async () => {
    const response = await fetch(`${stack.url}/large?bytes=${6_291_456}`)
    expect([response.status, (await response.arrayBuffer()).byteLength]).toEqual([200, 6_291_456])
  })
})

test('a buffered integration ends with 504 after its timeout', async () => {
  const response = await fetch(`${stack.url}/slow?fail=1`)
  expect([response.status, await response.text()]).toEqual([504, '{"message":"Endpoint request timed out"}'])
})
