import { get, type IncomingMessage } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { type FixtureStack, startFixtureStack } from './support/fixture-stack.ts'
import { createGate, type Gate } from './support/gate.ts'

let stack: FixtureStack
let gate: Gate
beforeAll(async () => {
  // One worker for each function: the next answer shows whether the worker has survived.
  stack = await startFixtureStack({ maxWorkers: 1 })
})
afterAll(() => stack.close())
beforeEach(async () => {
  gate = await createGate()
})
afterEach(() => gate.close())

function request(path: string, { url } = stack): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(`${url}${path}`, resolve).on('error', reject)
  })
}

describe('HTTP/1.1', () => {
  test('delivers status, headers, cookies and each chunk at once', async () => {
    const response = await request(`/chunks?gate=${gate.url}`)
    expect(response.statusCode).toBe(207)
    expect(response.headers).toMatchObject({ 'x-first': '1', 'set-cookie': ['a=1', 'b=2'] })
    expect(response.headers['x-amzn-requestid']).toMatch(/^[\da-f-]{36}$/)

    const chunks = response[Symbol.asyncIterator]()
    expect(String((await chunks.next()).value)).toBe('one')
    gate.open()
    expect(String((await chunks.next()).value)).toBe('two')
    expect((await chunks.next()).done).toBe(true)
  })

  test.each(['throws-later', 'exits-later'])(
    'closes the connection after an error in the stream: /%s',
    async (route) => {
      const response = await request(`/${route}?gate=${gate.url}`)
      expect(response.statusCode).toBe(200)
      const chunks = response[Symbol.asyncIterator]()
      expect(String((await chunks.next()).value)).toBe('some')
      gate.open()
      await expect(chunks.next()).rejects.toMatchObject({ code: 'ECONNRESET' })
      expect(response.complete).toBe(false)
    },
  )

  test('closes the connection if the integration times out in the stream', async () => {
    const chunks = (await request('/silent'))[Symbol.asyncIterator]()
    expect(String((await chunks.next()).value)).toBe('some')
    await expect(chunks.next()).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  test('a slow client pauses the function', async () => {
    const bytes = 64 * 1024 * 1024
    // Starts first: the function's time limit runs while its client reads nothing.
    const other = await startFixtureStack()
    const otherGate = await createGate()
    otherGate.open()
    const response = await request(`/endless?bytes=${bytes}&gate=${gate.url}`)
    let finished = false
    void gate.reached.then(() => {
      finished = true
    })
    // An unread answer fills buffers of a few MB. Without backpressure it would end before another answer of another stack
    // that begins later.
    for await (const _ of await request(`/endless?bytes=${bytes}&gate=${otherGate.url}`, other));
    await otherGate.reached
    otherGate.close()
    await other.close()
    expect(finished).toBe(false)

    gate.open()
    let received = 0
    for await (const chunk of response) received += (chunk as Buffer).length
    expect(received).toBe(bytes)
    await gate.reached
  })

  test('a function continues when its client disconnects, and its worker serves the next request', async () => {
    gate.open()
    const response = await request(`/endless?bytes=${32 * 1024 * 1024}&gate=${gate.url}`)
    response.destroy()
    const workerOfAbandoned = await gate.reached

    const second = await createGate()
    second.open()
    const next = await request(`/endless?bytes=${64 * 1024}&gate=${second.url}`)
    next.resume()
    expect(await second.reached).toBe(workerOfAbandoned)
    second.close()
  })
})

describe('h2c', () => {
  async function stream(path: string): Promise<{ status: number; text: string; error?: unknown }> {
    const session = connectHttp2(stack.url)
    const call = session.request({ ':path': path })
    let status = 0
    let text = ''
    call.on('response', (headers) => {
      status = Number(headers[':status'])
    })
    try {
      for await (const chunk of call) {
        text += chunk
        gate.open()
      }
      return { status, text }
    } catch (error) {
      return { status, text, error }
    } finally {
      session.destroy()
    }
  }

  test('delivers a stream over h2c', async () => {
    expect(await stream(`/chunks?gate=${gate.url}`)).toEqual({ status: 207, text: 'onetwo' })
  })

  test('ends an answer whose status has no body', async () => {
    expect(await stream('/empty')).toEqual({ status: 204, text: '' })
    const next = await fetch(`${stack.url}/empty`)
    expect([next.status, await next.text()]).toEqual([204, ''])
  })

  test('resets the stream after an error in it', async () => {
    expect(await stream(`/throws-later?gate=${gate.url}`)).toMatchObject({
      status: 200,
      text: 'some',
      error: { code: 'ERR_HTTP2_STREAM_ERROR' },
    })
  })
})
