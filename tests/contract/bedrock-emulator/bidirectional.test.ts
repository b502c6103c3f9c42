import {
  audioOf,
  INPUT_RATE,
  loudAudio,
  outline,
  type ReceivedEvent,
  SpeechSession,
  silentAudio,
  textsOf,
} from './speech-session.ts'
import { useEmulator } from './support.ts'

const emulator = useEmulator()

const WEATHER = {
  toolConfiguration: {
    tools: [
      {
        toolSpec: {
          name: 'get_weather',
          description: 'Weather of a city',
          inputSchema: {
            json: JSON.stringify({ type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }),
          },
        },
      },
    ],
  },
}

const ANSWER = [
  'contentStart TEXT ASSISTANT SPECULATIVE',
  'textOutput',
  'contentEnd TEXT PARTIAL_TURN',
  'contentStart AUDIO ASSISTANT',
  'audioOutput',
  'contentEnd AUDIO END_TURN',
  'contentStart TEXT ASSISTANT FINAL',
  'textOutput',
  'contentEnd TEXT END_TURN',
  'usageEvent',
  'completionEnd',
]

const TRANSCRIPT = [
  'usageEvent',
  'completionStart',
  'contentStart TEXT USER FINAL',
  'textOutput',
  'contentEnd TEXT PARTIAL_TURN',
]

const TOOL_USE = ['contentStart TOOL TOOL', 'toolUse', 'contentEnd TOOL TOOL_USE', 'usageEvent']

function open(prompt = {}): SpeechSession {
  const session = new SpeechSession(emulator.client)
  session.start(prompt)
  return session
}

async function close(session: SpeechSession): Promise<void> {
  session.end()
  session.finish()
  await session.ended()
}

test('a text is answered with its transcript, planned text, audio and spoken text', async () => {
  const session = open()

  session.say('What is the capital of France?')
  const events = await session.turn()
  await close(session)

  expect(outline(events)).toEqual([...TRANSCRIPT, ...ANSWER])
  expect(textsOf(events, 'USER', 'FINAL')).toEqual(['What is the capital of France?'])
  expect(textsOf(events, 'ASSISTANT', 'SPECULATIVE')).toEqual(['The capital of France is Paris.'])
  expect(textsOf(events, 'ASSISTANT', 'FINAL')).toEqual(['The capital of France is Paris.'])
})

test('the events of an answer have its ids, and those of its contents', async () => {
  const session = open()

  session.say('Hello')
  const events = await session.turn()
  await close(session)

  const ids = new Set(events.map(({ body }) => `${body.sessionId} ${body.promptName} ${body.completionId}`))
  expect([...ids]).toEqual([expect.stringMatching(/^[0-9a-f-]{36} prompt [0-9a-f-]{36}$/)])
  const starts = events.filter(({ name }) => name === 'contentStart').map(({ body }) => body.contentId)
  expect(new Set(starts).size).toBe(4)
  expect(events.filter(({ name }) => name === 'contentEnd').map(({ body }) => body.contentId)).toEqual(starts)
  const [audio] = events.filter(({ name, body }) => name === 'contentStart' && body.type === 'AUDIO')
  expect(audio?.body.audioOutputConfiguration).toEqual({
    mediaType: 'audio/lpcm',
    sampleRateHertz: 24_000,
    sampleSizeBits: 16,
    channelCount: 1,
    encoding: 'base64',
  })
})

test('the same session gets the same events', async () => {
  const hold = async (): Promise<readonly ReceivedEvent[]> => {
    const session = open(WEATHER)
    session.text('SYSTEM', 'Be brief.')
    session.say('What is the weather in Rome?')
    await session.until(({ name }) => name === 'toolUse')
    session.say('Hello')
    await session.turn()
    session.end()
    session.finish()
    return session.ended()
  }

  expect(await hold()).toEqual(await hold())
})

describe('audio', () => {
  test.each([8_000, 16_000, 24_000])(
    'is PCM of %i samples a second, as long as the tokens of the text',
    async (rate) => {
      const session = open({
        audioOutputConfiguration: { mediaType: 'audio/lpcm', sampleRateHertz: rate, voiceId: 'tiffany' },
      })

      session.say('[emulator:tokens=25]')
      const events = await session.turn()
      await close(session)

      const pcm = audioOf(events)
      expect(pcm.length / 2 / rate).toBeCloseTo(25 * 0.16, 5)
      const samples = Array.from({ length: pcm.length / 2 }, (_, index) => pcm.readInt16LE(index * 2))
      const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
      expect(loudest).toBeGreaterThan(5_000)
      expect(loudest).toBeLessThanOrEqual(6_000)
    },
  )

  test('has a tone that depends on the voice', async () => {
    const speak = async (voiceId: string): Promise<Buffer> => {
      const session = open({ audioOutputConfiguration: { mediaType: 'audio/lpcm', sampleRateHertz: 8_000, voiceId } })
      session.say('Hello')
      const events = await session.turn()
      await close(session)
      return audioOf(events)
    }

    expect((await speak('matthew')).equals(await speak('tiffany'))).toBe(false)
  })
})

describe('speech', () => {
  test('is answered by its length after a pause, while the audio content stays open', async () => {
    const session = open()
    const microphone = session.openAudio()

    session.audio(microphone, Buffer.concat([silentAudio(500), loudAudio(1_200), silentAudio(1_750)]))
    const first = await session.turn()
    session.audio(microphone, Buffer.concat([loudAudio(400), silentAudio(300), loudAudio(300), silentAudio(1_750)]))
    const second = await session.turn()
    session.endContent(microphone)
    await close(session)

    expect(outline(first)).toEqual([...TRANSCRIPT, ...ANSWER])
    expect(textsOf(first, 'USER', 'FINAL')).toEqual(['speech of 1.2 seconds'])
    expect(textsOf(second, 'USER', 'FINAL')).toEqual(['speech of 1.0 seconds'])
  })

  test('ends with the audio content, too', async () => {
    const session = open()
    const microphone = session.openAudio()

    session.audio(microphone, loudAudio(640))
    session.endContent(microphone)
    const events = await session.turn()
    await close(session)

    expect(textsOf(events, 'USER', 'FINAL')).toEqual(['speech of 0.6 seconds'])
  })

  test.each([
    ['HIGH', 1_500],
    ['MEDIUM', 1_750],
    ['LOW', 2_000],
  ])('with the sensitivity %s ends after %i ms of silence', async (endpointingSensitivity, pauseMs) => {
    const session = new SpeechSession(emulator.client)
    session.startSession({ turnDetectionConfiguration: { endpointingSensitivity } })
    session.startPrompt()
    const microphone = session.openAudio()

    // One turn: the first pause is a frame too short.
    session.audio(microphone, Buffer.concat([loudAudio(320), silentAudio(pauseMs - 10), loudAudio(320)]))
    session.audio(microphone, silentAudio(pauseMs))
    const events = await session.turn()
    session.endContent(microphone)
    await close(session)

    const [said] = textsOf(events, 'USER', 'FINAL')
    expect(said).toBe(`speech of ${((640 + pauseMs - 10) / 1_000).toFixed(1)} seconds`)
  })

  test.each([
    ['one loud sample', loudAudio(1_000 / INPUT_RATE)],
    ['a click of 40 ms', loudAudio(40)],
  ])('is not %s', async (_, click) => {
    const session = open()
    const microphone = session.openAudio()

    session.audio(microphone, Buffer.concat([silentAudio(100), click, silentAudio(4_000), click, silentAudio(4_000)]))
    session.endContent(microphone)
    session.end()
    session.finish()

    expect(await session.ended()).toEqual([])
  })

  test('is 50 ms of sound, with short gaps', async () => {
    const session = open()
    const microphone = session.openAudio()

    session.audio(microphone, Buffer.concat([loudAudio(20), silentAudio(15), loudAudio(15), silentAudio(1_750)]))
    const events = await session.turn()
    session.endContent(microphone)
    await close(session)

    expect(textsOf(events, 'USER', 'FINAL')).toEqual(['speech of 0.1 seconds'])
  })

  test('does not go on with a click in its pause', async () => {
    const session = open()
    const microphone = session.openAudio()

    session.audio(
      microphone,
      Buffer.concat([loudAudio(300), silentAudio(1_000), loudAudio(10), silentAudio(740), loudAudio(300)]),
    )
    const first = await session.turn()
    session.endContent(microphone)
    const second = await session.turn()
    await close(session)

    expect(textsOf(first, 'USER', 'FINAL')).toEqual(['speech of 0.3 seconds'])
    expect(textsOf(second, 'USER', 'FINAL')).toEqual(['speech of 0.3 seconds'])
  })

  test('that is silence only is not answered', async () => {
    const session = open()
    const microphone = session.openAudio()

    session.audio(microphone, silentAudio(4_000))
    session.endContent(microphone)
    session.end()
    session.finish()

    expect(await session.ended()).toEqual([])
  })
})

describe('a tool', () => {
  test('is used when its name is meant, and its result is answered in the same completion', async () => {
    const session = open(WEATHER)

    session.say('What is the weather in Rome?')
    const use = await session.until(({ name }) => name === 'usageEvent' && session.events.some(isToolUse))
    const { toolUseId, toolName, content } = use.find(isToolUse)?.body ?? {}
    session.toolResult(toolUseId, '{"temperature": 21}')
    const answer = await session.turn()
    await close(session)

    expect(outline(use)).toEqual([...TRANSCRIPT, ...TOOL_USE])
    expect({ toolName, content }).toEqual({ toolName: 'get_weather', content: '{"city":"Rome"}' })
    expect(outline(answer)).toEqual(['usageEvent', ...ANSWER])
    expect(textsOf(answer, 'ASSISTANT', 'FINAL')[0]).toContain('The tool get_weather answered: {"temperature": 21}')
    expect(answer[0]?.body.completionId).toBe(use[0]?.body.completionId)
  })

  test('is used in the background while the user goes on', async () => {
    const session = open(WEATHER)

    session.say('What is the weather in Rome?')
    const use = await session.until(isToolUse)
    session.say('What is the capital of Japan?')
    const unfinished = await session.turn()
    const meanwhile = await session.turn()
    session.toolResult(use.at(-1)?.body.toolUseId, '{"temperature": 21}')
    const answer = await session.turn()
    await close(session)

    expect(outline(unfinished)).toEqual([...TOOL_USE.slice(2), 'completionEnd'])
    expect(textsOf(meanwhile, 'ASSISTANT', 'FINAL')[0]).toMatch(/^The capital of Japan is Tokyo\./)
    expect(outline(answer)).toEqual(['usageEvent', 'completionStart', ...ANSWER])
    expect(textsOf(answer, 'ASSISTANT', 'FINAL')[0]).toContain('{"temperature": 21}')
  })

  test('of a directive is used with its input, once', async () => {
    const session = open(WEATHER)

    session.say('Hello [emulator:tool=get_weather {"city": "Oslo"}] [emulator:say=Cold.]')
    const use = await session.until(isToolUse)
    session.toolResult(use.at(-1)?.body.toolUseId, '{"temperature": -3}')
    const answer = await session.turn()
    await close(session)

    expect(use.at(-1)?.body.content).toBe('{"city":"Oslo"}')
    expect(textsOf(answer, 'ASSISTANT', 'FINAL')).toEqual(['Cold.'])
  })
})

function isToolUse({ name }: ReceivedEvent): boolean {
  return name === 'toolUse'
}

const isAudio = ({ name }: ReceivedEvent): boolean => name === 'audioOutput'

describe('barge-in', () => {
  const INTERRUPTED = [
    'audioOutput',
    'contentEnd AUDIO INTERRUPTED',
    'contentStart TEXT ASSISTANT FINAL',
    'textOutput',
    'contentEnd TEXT INTERRUPTED',
    'contentStart TEXT ASSISTANT FINAL',
    'textOutput',
    'contentEnd TEXT INTERRUPTED',
    'usageEvent',
    'completionEnd',
  ]

  test('by speech ends the audio with INTERRUPTED, and the final text has what was spoken', async () => {
    const session = open()
    const microphone = session.openAudio()

    session.say('[emulator:tokens=1000] [emulator:rate=50]')
    const start = await session.until(isAudio)
    session.audio(microphone, loudAudio(64))
    const rest = await session.turn()
    session.audio(microphone, silentAudio(1_800))
    const next = await session.turn()
    session.endContent(microphone)
    await close(session)

    expect(outline([...start.slice(-1), ...rest])).toEqual(INTERRUPTED)
    const [notice, spoken = ''] = textsOf([...start, ...rest], 'ASSISTANT', 'FINAL')
    expect(notice).toBe('{ "interrupted" : true }')
    const [planned = ''] = textsOf(start, 'ASSISTANT', 'SPECULATIVE')
    expect(planned.startsWith(spoken)).toBe(true)
    expect(spoken.length).toBeGreaterThan(0)
    expect(spoken.length).toBeLessThan(planned.length)
    expect(audioOf([...start, ...rest]).length).toBe(spoken.split(' ').length * 0.16 * 24_000 * 2)
    expect(textsOf(next, 'USER', 'FINAL')).toEqual(['speech of 0.1 seconds'])
  })

  test('by text ends the answer, and the text is answered', async () => {
    const session = open()

    session.say('[emulator:tokens=1000] [emulator:rate=50]')
    const start = await session.until(isAudio)
    session.say('What is the capital of Japan?')
    const rest = await session.turn()
    const next = await session.turn()
    await close(session)

    expect(outline([...start.slice(-1), ...rest])).toEqual(INTERRUPTED)
    expect(textsOf(next, 'ASSISTANT', 'FINAL')).toEqual(['The capital of Japan is Tokyo.'])
  })

  test('by text before the audio begins ends with the notice of the interruption', async () => {
    const session = open()

    session.say('[emulator:stall=3600000] Hello')
    session.say('What is the capital of Japan?')
    const events = await session.turn()
    const next = await session.turn()
    await close(session)

    expect(outline(events)).toEqual([
      ...TRANSCRIPT,
      'contentStart TEXT ASSISTANT FINAL',
      'textOutput',
      'contentEnd TEXT INTERRUPTED',
      'completionEnd',
    ])
    expect(textsOf(events, 'ASSISTANT', 'FINAL')).toEqual(['{ "interrupted" : true }'])
    expect(outline(next)).toEqual([...TRANSCRIPT, ...ANSWER])
  })

  test('by speech leaves the text that comes during the speech its own answer', async () => {
    const session = open()
    const microphone = session.openAudio()

    session.audio(microphone, loudAudio(320))
    session.say('What is the capital of Japan?')
    session.audio(microphone, Buffer.concat([loudAudio(320), silentAudio(1_750)]))
    const text = await session.turn()
    const speech = await session.turn()
    session.endContent(microphone)
    await close(session)

    expect(outline(text)).toEqual([...TRANSCRIPT, ...ANSWER])
    expect(textsOf(text, 'ASSISTANT', 'FINAL')).toEqual(['The capital of Japan is Tokyo.'])
    expect(outline(speech)).toEqual([...TRANSCRIPT, ...ANSWER])
    expect(textsOf(speech, 'USER', 'FINAL')).toEqual(['speech of 0.6 seconds'])
  })

  test('by speech leaves a tool result that comes during the speech its answer', async () => {
    const session = open(WEATHER)
    const microphone = session.openAudio()

    session.say('What is the weather in Rome?')
    const use = await session.until(isToolUse)
    session.audio(microphone, loudAudio(320))
    session.toolResult(use.at(-1)?.body.toolUseId, '{"temperature": 21}')
    const answer = await session.turn()
    session.endContent(microphone)
    const speech = await session.turn()
    await close(session)

    expect(textsOf(answer, 'ASSISTANT', 'FINAL')[0]).toContain('{"temperature": 21}')
    expect(textsOf(speech, 'USER', 'FINAL')).toEqual(['speech of 0.3 seconds'])
  })

  test('ends a silence of a directive, too', async () => {
    const session = open()

    session.say('[emulator:stall=3600000] Hello')
    session.say('What is the capital of Japan?')
    await session.turn()
    const next = await session.turn()
    await close(session)

    expect(textsOf(next, 'ASSISTANT', 'FINAL')[0]).toMatch(/^The capital of Japan is Tokyo\./)
  })
})

describe('the context', () => {
  test('has the system text and the history', async () => {
    const session = open()

    session.text('SYSTEM', 'Speak like a pirate.')
    session.text('SYSTEM_SPEECH', 'Speak slowly.')
    session.text('USER', 'My name is Ada.')
    session.text('ASSISTANT', 'Hello Ada.')
    session.openAudio()
    session.say('Who am I?')
    const events = await session.turn()
    session.leave()

    const [answer = ''] = textsOf(events, 'ASSISTANT', 'FINAL')
    expect(answer).toContain('Earlier in our conversation you wrote: "My name is Ada."')
    expect(answer).toContain('I keep to my system prompt, "Speak like a pirate. Speak slowly."')
  })

  test('has directives of the system text, which hold for every turn', async () => {
    const session = open()
    session.text('SYSTEM', 'Be kind. [emulator:say=As always.]')

    session.say('One')
    const one = await session.turn()
    session.say('Two [emulator:say=This once.]')
    const two = await session.turn()
    session.say('Three')
    const three = await session.turn()
    await close(session)

    const texts = [one, two, three].map((events) => textsOf(events, 'ASSISTANT', 'FINAL')[0])
    expect(texts).toEqual(['As always.', 'This once.', 'As always.'])
  })
})

test('usage events have the difference and the total', async () => {
  const session = open()
  session.text('SYSTEM', 'Be brief.')
  const microphone = session.openAudio()

  session.audio(microphone, Buffer.concat([loudAudio(800), silentAudio(1_750)]))
  await session.turn()
  session.endContent(microphone)
  session.say('Say it [emulator:say=one two three]')
  await session.turn()
  await close(session)

  const usages = session.events.filter(({ name }) => name === 'usageEvent').map(({ body }) => body)
  expect(usages[0]).toMatchObject({
    details: {
      delta: { input: { speechTokens: 0, textTokens: 3 }, output: { speechTokens: 0, textTokens: 0 } },
      total: { input: { speechTokens: 0, textTokens: 3 }, output: { speechTokens: 0, textTokens: 0 } },
    },
    totalInputTokens: 3,
    totalOutputTokens: 0,
    totalTokens: 3,
  })
  expect(usages[1].details.delta.input).toEqual({ speechTokens: 10, textTokens: 0 })
  expect(usages.at(-1).details.delta.output).toEqual({ speechTokens: 6, textTokens: 3 })
  const { total } = usages.at(-1).details
  expect(usages.at(-1).totalInputTokens).toBe(total.input.speechTokens + total.input.textTokens)
  expect(usages.at(-1).totalTokens).toBe(usages.at(-1).totalInputTokens + usages.at(-1).totalOutputTokens)
  expect(total.input).toEqual({ speechTokens: 10, textTokens: 5 })
})

test('maxTokens ends the answer', async () => {
  const session = new SpeechSession(emulator.client)
  session.startSession({ inferenceConfiguration: { maxTokens: 4 } })
  session.startPrompt()

  session.say('What is the capital of France?')
  const events = await session.turn()
  await close(session)

  expect(textsOf(events, 'ASSISTANT', 'FINAL')).toEqual(['The capital of France'])
})

test('a session of 20 turns has text, speech, tools and barge-in', async () => {
  const session = open(WEATHER)
  session.text('SYSTEM', 'You are a test.')
  const microphone = session.openAudio()
  let toolUses = 0
  let interruptions = 0

  for (let turn = 1; turn <= 20; turn += 1) {
    if (turn % 4 === 0) {
      session.say(`What is the weather in ${['Rome', 'Oslo', 'Paris', 'Tokyo', 'Cairo'][turn / 4 - 1]}?`)
      const use = await session.until(isToolUse)
      session.toolResult(use.at(-1)?.body.toolUseId, `{"day": ${turn}}`)
      const answer = await session.turn()
      expect(textsOf(answer, 'ASSISTANT', 'FINAL')[0]).toContain(`{"day": ${turn}}`)
      expect(use.at(-1)?.body.content).toMatch(/^\{"city":"(Rome|Oslo|Paris|Tokyo|Cairo)"\}$/)
      toolUses += 1
    } else if (turn % 5 === 0) {
      session.say('[emulator:tokens=1000] [emulator:rate=100]')
      await session.until(isAudio)
      session.audio(microphone, loudAudio(320))
      const rest = await session.turn()
      expect(outline(rest)).toContain('contentEnd AUDIO INTERRUPTED')
      session.audio(microphone, silentAudio(1_750))
      expect(textsOf(await session.turn(), 'USER', 'FINAL')).toEqual(['speech of 0.3 seconds'])
      interruptions += 1
    } else if (turn % 2 === 0) {
      session.say(`${turn} + ${turn}`)
      expect(textsOf(await session.turn(), 'ASSISTANT', 'FINAL')[0]).toContain(`${turn} + ${turn} = ${2 * turn}.`)
    } else {
      session.audio(microphone, Buffer.concat([loudAudio(turn * 100), silentAudio(1_750)]))
      const heard = textsOf(await session.turn(), 'USER', 'FINAL')
      expect(heard).toEqual([`speech of ${(turn / 10).toFixed(1)} seconds`])
    }
  }
  session.endContent(microphone)
  await close(session)

  expect({ toolUses, interruptions }).toEqual({ toolUses: 5, interruptions: 3 })
})
