import {
  AUDIO_INPUT,
  AUDIO_OUTPUT,
  createSpeechClient,
  loudAudio,
  type Members,
  PROMPT,
  SONIC,
  SpeechSession,
  TEXT_INPUT,
} from './speech-session.ts'
import { NOVA, post, startEmulator, useEmulator } from './support.ts'

const emulator = useEmulator()
let client: ReturnType<typeof createSpeechClient>

beforeAll(() => {
  client = createSpeechClient(emulator.url)
})
afterAll(() => client.destroy())

type Script = (session: SpeechSession) => void

/** Runs a script of events and ends the request. Expects a ValidationException as the end of the stream. */
async function expectRefusal(script: Script, message: string | RegExp): Promise<void> {
  const session = new SpeechSession(client)
  script(session)
  await expect(session.ended()).rejects.toMatchObject({
    name: 'ValidationException',
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  })
}

const CONTENT = { type: 'TEXT', role: 'USER', interactive: true, textInputConfiguration: TEXT_INPUT }

function tool(toolSpec: object): Members {
  return { toolConfiguration: { tools: [{ toolSpec }] } }
}

describe('a wrong order is refused:', () => {
  test.each<[name: string, script: Script, message: string | RegExp]>([
    [
      'a prompt before the session',
      (s) => s.startPrompt(),
      'Unexpected event promptStart: the first event is sessionStart.',
    ],
    [
      'the end of a session that has not started',
      (s) => s.send('sessionEnd'),
      'Unexpected event sessionEnd: the first event is sessionStart.',
    ],
    [
      'a second session',
      (s) => {
        s.startSession()
        s.startSession()
      },
      'Unexpected event sessionStart: the session has started already.',
    ],
    [
      'a second prompt',
      (s) => {
        s.start()
        s.startPrompt()
      },
      'Unexpected event promptStart: the prompt has started already.',
    ],
    [
      'a content before the prompt',
      (s) => {
        s.startSession()
        s.startContent('one', CONTENT)
      },
      'Unexpected event contentStart: promptStart follows sessionStart.',
    ],
    [
      'the end of a session without a prompt',
      (s) => {
        s.startSession()
        s.send('sessionEnd')
      },
      'Unexpected event sessionEnd: promptStart follows sessionStart.',
    ],
    [
      'the name of another prompt',
      (s) => {
        s.start()
        s.send('contentStart', { promptName: 'other', contentName: 'one', ...CONTENT })
      },
      'Unexpected event contentStart: its promptName is "other", that of the open prompt is "prompt".',
    ],
    [
      'a text without its content',
      (s) => {
        s.start()
        s.send('textInput', { promptName: PROMPT, contentName: 'one', content: 'Hi' })
      },
      'Unexpected event textInput: the content "one" has not started.',
    ],
    [
      'a text after the end of its content',
      (s) => {
        s.start()
        const contentName = s.text('SYSTEM', 'Hi')
        s.send('textInput', { promptName: PROMPT, contentName, content: 'Hi' })
      },
      'Unexpected event textInput: the content "content-1" has ended.',
    ],
    [
      'audio in a content of text',
      (s) => {
        s.start()
        s.startContent('one', CONTENT)
        s.audio('one', loudAudio(32))
      },
      'Unexpected event audioInput: the content "one" is of the type TEXT.',
    ],
    [
      'a text in a content of audio',
      (s) => {
        s.start()
        const contentName = s.openAudio()
        s.send('textInput', { promptName: PROMPT, contentName, content: 'Hi' })
      },
      'Unexpected event textInput: the content "content-1" is of the type AUDIO.',
    ],
    [
      'a repeated name of a content',
      (s) => {
        s.start()
        const contentName = s.text('SYSTEM', 'Hi')
        s.startContent(contentName, CONTENT)
      },
      'Unexpected event contentStart: there was a content "content-1" already.',
    ],
    [
      'a content inside another',
      (s) => {
        s.start()
        s.startContent('one', CONTENT)
        s.startContent('two', CONTENT)
      },
      'Unexpected event contentStart: the content "one" is open.',
    ],
    [
      'a second content of audio',
      (s) => {
        s.start()
        s.openAudio()
        s.openAudio()
      },
      'Unexpected event contentStart: the audio content "content-1" is open, and there is one at a time.',
    ],
    [
      'a system text after the history',
      (s) => {
        s.start()
        s.text('USER', 'Hi')
        s.text('SYSTEM', 'Be brief.')
      },
      'Unexpected event contentStart: the role SYSTEM comes before all other contents.',
    ],
    [
      'a second system text',
      (s) => {
        s.start()
        s.text('SYSTEM', 'Be brief.')
        s.text('SYSTEM', 'Be kind.')
      },
      'Unexpected event contentStart: there was a content of the role SYSTEM already.',
    ],
    [
      'a history after the audio',
      (s) => {
        s.start()
        s.openAudio()
        s.text('USER', 'Hi')
      },
      'Unexpected event contentStart: the history comes before the first audio and the first interactive text.',
    ],
    [
      'a history that begins with the assistant',
      (s) => {
        s.start()
        s.text('ASSISTANT', 'Hi')
      },
      'Unexpected event contentStart: the first message of the history is of the role USER.',
    ],
    [
      'an interactive text of the assistant',
      (s) => {
        s.start()
        s.text('ASSISTANT', 'Hi', true)
      },
      'Unexpected event contentStart: a content of the role ASSISTANT is history, so that interactive is false.',
    ],
    [
      'the result of an unknown tool use',
      (s) => {
        s.start()
        s.toolResult('nobody', '{}')
      },
      'Unexpected event contentStart: no tool use waits for the result of "nobody".',
    ],
    [
      'the end of an empty content',
      (s) => {
        s.start()
        s.startContent('one', CONTENT)
        s.endContent('one')
      },
      'Unexpected event contentEnd: the content "one" has no event textInput.',
    ],
    [
      'the end of a content that has not started',
      (s) => {
        s.start()
        s.endContent('one')
      },
      'Unexpected event contentEnd: the content "one" has not started.',
    ],
    [
      'the end of the prompt while a content is open',
      (s) => {
        s.start()
        s.openAudio()
        s.send('promptEnd', { promptName: PROMPT })
      },
      'Unexpected event promptEnd: the content "content-1" is open, and contentEnd ends it.',
    ],
    [
      'the end of the session while the prompt is open',
      (s) => {
        s.start()
        s.send('sessionEnd')
      },
      'Unexpected event sessionEnd: the prompt "prompt" is open, and promptEnd ends it.',
    ],
    [
      'a content after the end of the prompt',
      (s) => {
        s.start()
        s.send('promptEnd', { promptName: PROMPT })
        s.startContent('one', CONTENT)
      },
      'Unexpected event contentStart: sessionEnd follows promptEnd.',
    ],
    [
      'a request that ends without sessionEnd',
      (s) => {
        s.start()
        s.text('SYSTEM', 'Hi')
        s.finish()
      },
      'The input stream ended before the event sessionEnd.',
    ],
    ['a request without events', (s) => s.finish(), 'The input stream ended before the event sessionEnd.'],
  ])('%s', async (_name, script, message) => {
    await expectRefusal(script, message)
  })

  test('a second result of one tool use', async () => {
    const session = new SpeechSession(client)
    session.start(tool({ name: 'look_up', inputSchema: { json: '{}' } }))
    session.say('[emulator:tool=look_up]')
    const use = await session.until(({ name }) => name === 'toolUse')
    const { toolUseId } = use.at(-1)?.body ?? {}

    session.toolResult(toolUseId, '{}')
    session.toolResult(toolUseId, '{}')

    await expect(session.ended()).rejects.toMatchObject({
      name: 'ValidationException',
      message: `Unexpected event contentStart: no tool use waits for the result of "${toolUseId}".`,
    })
  })

  test('an event after sessionEnd, while the last answer is spoken', async () => {
    const session = new SpeechSession(client)
    session.start()
    session.say('[emulator:tokens=1000] [emulator:rate=10]')
    await session.until(({ name }) => name === 'audioOutput')

    session.end()
    session.startSession()

    await expect(session.ended()).rejects.toMatchObject({ name: 'ValidationException' })
  })
})

describe('a wrong shape is refused:', () => {
  const withAudio = (members: Members) => (session: SpeechSession) => {
    session.startSession()
    session.startPrompt({ audioOutputConfiguration: { ...AUDIO_OUTPUT, ...members } })
  }
  const withContent = (members: Members) => (session: SpeechSession) => {
    session.start()
    session.startContent('one', { ...CONTENT, ...members })
  }
  const withTool = (toolSpec: object) => (session: SpeechSession) => {
    session.startSession()
    session.startPrompt(tool(toolSpec))
  }

  test.each<[name: string, script: Script, message: RegExp]>([
    [
      'an unknown event',
      (s) => s.send('audioStart'),
      /#\/event: unknown event audioStart, known: sessionStart, promptStart/,
    ],
    ['a document without event', (s) => s.sendBytes('{}'), /#\/event: exactly one event is expected, found: \[\]/],
    [
      'two events in one document',
      (s) => s.sendBytes('{"event": {"sessionStart": {}, "sessionEnd": {}}}'),
      /found: \[sessionStart, sessionEnd\]/,
    ],
    ['bytes that are not JSON', (s) => s.sendBytes('hello'), /the body is not valid JSON/],
    [
      'a chunk that is too large',
      (s) => s.sendBytes(' '.repeat(1_000_001)),
      /the bytes of a chunk are 1000001 bytes long, the limit is 1000000/,
    ],
    [
      'a temperature above 1',
      (s) => s.startSession({ inferenceConfiguration: { temperature: 2 } }),
      /#\/sessionStart\/inferenceConfiguration\/temperature: 2 is not less or equal to 1/,
    ],
    [
      'an unknown sensitivity',
      (s) => s.startSession({ turnDetectionConfiguration: { endpointingSensitivity: 'EXTREME' } }),
      /endpointingSensitivity: EXTREME is not a valid enum value/,
    ],
    [
      'a prompt without a name',
      (s) => {
        s.startSession()
        s.startPrompt({ promptName: undefined })
      },
      /#\/promptStart: required key \[promptName\] not found/,
    ],
    [
      'another rate of the answer',
      withAudio({ sampleRateHertz: 44_100 }),
      /#\/promptStart\/audioOutputConfiguration\/sampleRateHertz: 44100 is not one of 8000, 16000, 24000/,
    ],
    [
      'another format of the answer',
      withAudio({ mediaType: 'audio/mpeg' }),
      /mediaType: audio\/mpeg is not a valid enum/,
    ],
    ['stereo', withAudio({ channelCount: 2 }), /channelCount: 2 is not less or equal to 1/],
    [
      'a tool schema that is no JSON',
      withTool({ name: 'one', inputSchema: { json: 'object' } }),
      /the input schema of one is not a JSON object/,
    ],
    ['a tool schema that is no text', withTool({ name: 'one', inputSchema: { json: {} } }), /expected type: String/],
    ['an unknown role', withContent({ role: 'TEACHER' }), /role: TEACHER is not a valid enum value/],
    ['a role without such content', withContent({ role: 'TOOL' }), /TOOL has no content of the type TEXT/],
    [
      'a content without its configuration',
      withContent({ textInputConfiguration: undefined }),
      /required key \[textInputConfiguration\] not found for the type TEXT/,
    ],
    [
      'another rate of the audio',
      (s) => {
        s.start()
        const audioInputConfiguration = { ...AUDIO_INPUT, sampleRateHertz: 48_000 }
        s.startContent('one', { type: 'AUDIO', role: 'USER', audioInputConfiguration })
      },
      /#\/contentStart\/audioInputConfiguration\/sampleRateHertz: 48000 is not one of/,
    ],
    [
      'audio that is not base64',
      (s) => {
        s.start()
        const contentName = s.openAudio()
        s.send('audioInput', { promptName: PROMPT, contentName, content: '???' })
      },
      /#\/audioInput\/content: expected type: Base64/,
    ],
    [
      'half a sample',
      (s) => {
        s.start()
        const contentName = s.openAudio()
        s.send('audioInput', { promptName: PROMPT, contentName, content: 'AAAA' })
      },
      /#\/audioInput\/content: 3 bytes are not a whole number of 16-bit samples/,
    ],
  ])('%s', async (_name, script, message) => {
    await expectRefusal(script, message)
  })
})

describe('a model', () => {
  test.each([
    [NOVA, 'The model is unsupported for bidirectional streaming.'],
    ['us.amazon.nova-2-sonic-v1:0', 'The provided model identifier is invalid.'],
    ['amazon.nova-3-sonic-v1:0', 'The provided model identifier is invalid.'],
  ])('%s is refused before the session', async (modelId, message) => {
    const session = new SpeechSession(client, modelId)
    session.start()

    await expect(session.ended()).rejects.toMatchObject({
      name: 'ValidationException',
      message,
      $metadata: { httpStatusCode: 400 },
    })
  })

  test('of an account is served by its ARN', async () => {
    const arn = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl'
    const own = await startEmulator({ models: { [arn]: SONIC } })
    const ownClient = createSpeechClient(own.url)
    const session = new SpeechSession(ownClient, arn)
    session.start()

    session.say('Hello')

    await expect(session.turn()).resolves.toBeDefined()
    ownClient.destroy()
    await own.close()
  })

  test('of speech is refused by InvokeModel and Converse', async () => {
    const invoked = await post(emulator.url, `/model/${SONIC}/invoke`, { prompt: 'Hi' })
    const conversed = await post(emulator.url, `/model/${SONIC}/converse`, {
      messages: [{ role: 'user', content: [{ text: 'Hi' }] }],
    })

    expect([invoked.status, conversed.status]).toEqual([400, 400])
    expect(invoked.body.message).toMatch(/does not serve InvokeModel of amazon\.nova-2-sonic-v1:0/)
  })
})
