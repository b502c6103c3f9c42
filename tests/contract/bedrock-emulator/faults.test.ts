import { ConverseStreamCommand, StartAsyncInvokeCommand } from '@aws-sdk/client-bedrock-runtime'
import { type BedrockEmulator, createBedrockEmulator } from '@bedrock-functions/bedrock-emulator'
import { readStream } from './read-stream.ts'
import { CLAUDE, createClient, type JsonReply, NOVA, post, userMessage } from './support.ts'

let emulator: BedrockEmulator
let url: string

beforeAll(async () => {
  emulator = createBedrockEmulator()
  url = `http://127.0.0.1:${await emulator.listen(0)}`
})
afterEach(() => emulator.clearFaults())
afterAll(() => emulator.close())

async function control(method: 'PUT' | 'GET' | 'DELETE', body?: unknown): Promise<JsonReply> {
  const response = await fetch(`${url}/_emulator/faults`, {
    method,
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { status: response.status, headers: response.headers, body: await response.json() }
}

const hello = { messages: [userMessage('Hello')] }

async function statusOf(model: string, operation = 'converse', body: unknown = hello): Promise<number> {
  return (await post(url, `/model/${model}/${operation}`, body)).status
}

describe('PUT /_emulator/faults', () => {
  test('makes the next calls of the operation fail, and no others', async () => {
    const set = await control('PUT', { operation: 'Converse', times: 2, directives: { error: 'ModelErrorException' } })

    const other = await statusOf('anthropic.claude-haiku-4-5-20251001-v1:0', 'count-tokens', {
      input: { converse: hello },
    })
    const statuses = [await statusOf(CLAUDE), await statusOf(NOVA), await statusOf(CLAUDE)]

    expect(set).toMatchObject({
      status: 200,
      body: { faults: [{ operation: 'Converse', times: 2, directives: { error: 'ModelErrorException' } }] },
    })
    expect(other).toBe(200)
    expect(statuses).toEqual([424, 424, 200])
  })

  test('limits a fault to the models whose id contains the text', async () => {
    await control('PUT', { operation: 'Converse', model: 'claude', directives: { error: 'ThrottlingException' } })

    expect([await statusOf(NOVA), await statusOf(CLAUDE), await statusOf(CLAUDE)]).toEqual([200, 429, 200])
  })

  test('reads the model of StartAsyncInvoke from its body', async () => {
    await control('PUT', {
      operation: 'StartAsyncInvoke',
      model: 'marengo',
      directives: { error: 'ThrottlingException' },
    })
    const client = createClient(url)
    const start = (modelId: string) =>
      client.send(
        new StartAsyncInvokeCommand({
          modelId,
          modelInput: {},
          outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://bucket/folder' } },
        }),
      )

    await expect(start('amazon.nova-reel-v1:1')).rejects.toMatchObject({ name: 'ValidationException' })
    await expect(start('twelvelabs.marengo-embed-3-0-v1:0')).rejects.toMatchObject({ name: 'ThrottlingException' })
    client.destroy()
  })

  test('overrides the directives of the prompt', async () => {
    await control('PUT', { operation: 'Converse', directives: { say: 'from the fault' } })

    const { body } = await post(url, `/model/${CLAUDE}/converse`, { messages: [userMessage('[emulator:say=prompt]')] })

    expect(body.output.message.content).toEqual([{ text: 'from the fault' }])
  })

  test('replaces a fault of the same operation and model', async () => {
    await control('PUT', { operation: 'Converse', times: 9, directives: { error: 'ModelErrorException' } })
    const { body } = await control('PUT', { operation: 'Converse', directives: { error: 'ThrottlingException' } })

    expect(body.faults).toEqual([{ operation: 'Converse', times: 1, directives: { error: 'ThrottlingException' } }])
    expect([await statusOf(CLAUDE), await statusOf(CLAUDE)]).toEqual([429, 200])
  })

  test.each(['HTTP/1.1', 'HTTP/2'] as const)('cuts a stream over %s', async (protocol) => {
    await control('PUT', { operation: 'ConverseStream', directives: { reset: '@2' } })
    const path = `/model/${CLAUDE}/converse-stream`

    const cut = await readStream(url, path, hello, { protocol })
    const whole = await readStream(url, path, hello, { protocol })

    expect([cut.status, cut.events.length, cut.ending]).toEqual([200, 2, 'reset'])
    expect(whole.ending).toBe('clean')
  })

  test('throws a typed exception from a stream of the SDK', async () => {
    await control('PUT', {
      operation: 'ConverseStream',
      directives: { exception: 'ModelStreamErrorException@1' },
    })
    const client = createClient(url)
    const read = async (): Promise<void> => {
      const { stream = [] } = await client.send(new ConverseStreamCommand({ modelId: CLAUDE, ...hello }))
      for await (const _event of stream);
    }

    await expect(read()).rejects.toMatchObject({ name: 'ModelStreamErrorException' })
    client.destroy()
  })

  test('works in operations that have no prompt', async () => {
    await control('PUT', { operation: 'ListAsyncInvokes', directives: { error: 'InternalServerException' } })

    expect((await fetch(`${url}/async-invoke`)).status).toBe(500)
    expect((await fetch(`${url}/async-invoke`)).status).toBe(200)
  })

  const directives = { error: 'ThrottlingException' }
  test.each<[unknown, RegExp]>([
    ['{', /not valid JSON/],
    [{ directives }, /'operation'/],
    [{ operation: 'Converse' }, /'directives'/],
    [{ operation: 'Converse', directives: {} }, /directives.*length greater than or equal to 1/],
    [{ operation: 'Converse', directives: 'error' }, /directives.*JSONObject/],
    [{ operation: 'Converse', directives, times: 0 }, /times.*greater than or equal to 1/],
    [{ operation: 'Converse', directives, times: 1.5 }, /times.*Integer/],
    [{ operation: 'Converse', directives, time: 1 }, /Unknown member time of the fault\. Known: operation, times/],
    [{ operation: 'converse', directives }, /Unknown operation converse\. Known: Converse, InvokeModel/],
    [{ operation: 'SetFault', directives }, /Unknown operation SetFault/],
    [{ operation: 'ApplyGuardrail', directives, model: 'nova' }, /ApplyGuardrail has no model/],
    [
      { operation: 'Converse', directives: { reset: '@1' } },
      /reset has no effect in a fault of Converse\. Known: stall/,
    ],
    [{ operation: 'ConverseStream', directives: { lasts: 5 } }, /lasts has no effect/],
    [{ operation: 'ConverseStream', directives: { for: 'nova' } }, /for has no effect/],
    [{ operation: 'ConverseStream', directives: { reset: 1 } }, /\[emulator:reset=1\].*after how many events/],
    [{ operation: 'Converse', directives: { error: 'Nonsense' } }, /\[emulator:error=Nonsense\] names no error/],
  ])('refuses %j by name', async (body, message) => {
    expect(await control('PUT', body)).toMatchObject({
      status: 400,
      body: { message: expect.stringMatching(message) },
    })
    expect(emulator.listFaults()).toEqual([])
  })
})

test('GET lists the faults with the calls that are left, DELETE clears them', async () => {
  const directives = { stall: '1' }
  await control('PUT', { operation: 'Converse', times: 3, directives })
  await control('PUT', { operation: 'ApplyGuardrail', directives })
  await statusOf(CLAUDE)

  const listed = await control('GET')
  const cleared = await control('DELETE')

  expect(listed.body).toEqual({
    faults: [
      { operation: 'Converse', times: 2, directives },
      { operation: 'ApplyGuardrail', times: 1, directives },
    ],
  })
  expect(cleared.body).toEqual({ faults: [] })
  expect((await control('GET')).body).toEqual({ faults: [] })
})

test('code sets, lists and clears faults', async () => {
  emulator.setFault({ operation: 'Converse', times: 2, directives: { throttle: 1 } })

  expect(await statusOf(CLAUDE)).toBe(429)
  expect(emulator.listFaults()).toEqual([{ operation: 'Converse', times: 1, directives: { throttle: '1' } }])
  emulator.clearFaults()
  expect(emulator.listFaults()).toEqual([])
  expect(() => emulator.setFault({ operation: 'Convers', directives: { stall: 1 } })).toThrow(
    /Unknown operation Convers/,
  )
})
