import {
  type BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime'
import { type Protocol, readStream } from './read-stream.ts'
import { type RecordingSetup, startRecording } from './recording-support.ts'
import { CLAUDE, createClient, createHttp1Client, NOVA, userMessage } from './support.ts'

let setup: RecordingSetup

beforeEach(async () => {
  setup = await startRecording()
})
afterEach(() => setup.close())

const hello = { messages: [userMessage('Hello')] }
const claude = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 30, messages: [{ role: 'user', content: 'Hi' }] }

describe.each<[Protocol, (url: string) => BedrockRuntimeClient]>([
  ['HTTP/2', createClient],
  ['HTTP/1.1', createHttp1Client],
])('the SDK over %s', (protocol, create) => {
  const clients: BedrockRuntimeClient[] = []
  const open = (url: string): BedrockRuntimeClient => {
    const client = create(url)
    clients.push(client)
    return client
  }
  afterEach(() => {
    for (const client of clients.splice(0)) client.destroy()
  })

  test('gets the answer of Converse from Bedrock and the same one from the recording', async () => {
    const command = new ConverseCommand({ modelId: CLAUDE, ...hello })
    const { $metadata: recorded, ...answer } = await open(setup.recorder.url).send(command)
    const { $metadata: replayed, ...again } = await open((await setup.replay()).url).send(command)

    expect(answer.output?.message?.content?.[0]?.text).toContain('Hello')
    expect(again).toEqual(answer)
    expect(replayed.requestId).toBe(recorded.requestId)
  })

  test('gets the answer of InvokeModel with its headers', async () => {
    const command = new InvokeModelCommand({ modelId: CLAUDE, body: JSON.stringify(claude) })
    const answer = await open(setup.recorder.url).send(command)
    const again = await open((await setup.replay()).url).send(command)

    expect(again.body).toEqual(answer.body)
    expect(again.contentType).toBe('application/json')
  })

  test.each(['ThrottlingException', 'ModelErrorException', 'AccessDeniedException'])(
    'gets %s with its status and text',
    async (type) => {
      const command = new ConverseCommand({ modelId: CLAUDE, messages: [userMessage(`[emulator:error=${type}]`)] })
      const fail = async (url: string): Promise<Error> =>
        open(url)
          .send(command)
          .then(
            () => new Error('no error'),
            (error: Error) => error,
          )
      const error = await fail(setup.recorder.url)
      const again = await fail((await setup.replay()).url)

      expect(error).toMatchObject({ name: type })
      expect({ ...again, message: again.message }).toEqual({ ...error, message: error.message })
    },
  )

  test('reads the events of both streams, and an exception inside one', async () => {
    const read = async (url: string): Promise<unknown[]> => {
      const seen: unknown[] = []
      const client = open(url)
      const converse = await client.send(new ConverseStreamCommand({ modelId: NOVA, ...hello }))
      for await (const event of converse.stream ?? []) seen.push(event)
      const native = await client.send(
        new InvokeModelWithResponseStreamCommand({ modelId: CLAUDE, body: JSON.stringify(claude) }),
      )
      for await (const event of native.body ?? []) seen.push(event)
      const broken = await client.send(
        new ConverseStreamCommand({
          modelId: NOVA,
          messages: [userMessage('[emulator:exception=ModelStreamErrorException@2]')],
        }),
      )
      try {
        for await (const event of broken.stream ?? []) seen.push(event)
      } catch (error) {
        seen.push((error as Error).name)
      }
      return seen
    }

    const recorded = await read(setup.recorder.url)
    const replayed = await read((await setup.replay()).url)

    expect(recorded.at(-1)).toBe('ModelStreamErrorException')
    expect(recorded.length).toBeGreaterThan(20)
    expect(replayed).toEqual(recorded)
  })

  test.each([
    ['nothing else', '', 'clean'],
    ['an exception', '[emulator:exception=ThrottlingException@3]', 'clean'],
    ['an early end', '[emulator:end@3]', 'clean'],
    ['a bad checksum', '[emulator:badcrc@3]', 'bad frame'],
    ['a broken connection', '[emulator:reset@3]', 'reset'],
  ])('gets the bytes of a stream with %s', async (_name, directive, ending) => {
    const path = `/model/${CLAUDE}/converse-stream`
    const body = { messages: [userMessage(`Hello ${directive}`)] }
    const recorded = await readStream(setup.recorder.url, path, body, { protocol })
    const replayed = await readStream((await setup.replay()).url, path, body, { protocol })
    const [recording] = (await setup.read()).values()

    expect(recorded.ending).toBe(ending)
    expect(replayed.ending).toBe(ending)
    expect(replayed.bytes).toEqual(recorded.bytes)
    expect(recorded.bytes.length).toBeGreaterThan(300)
    expect(recording?.response.ending).toBe(ending === 'reset' ? 'reset' : 'clean')
  })
})
