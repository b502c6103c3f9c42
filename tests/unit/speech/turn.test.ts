import { encodeEvent } from '@bedrock-functions/runtime/event-stream'
import { readJsonObject } from '@bedrock-functions/runtime/json'
import { planTurn } from '../../../layers/runtime/src/bedrock/speech/plan-turn.ts'
import { readWav, writeWav } from '../../../layers/runtime/src/bedrock/speech/read-audio.ts'
import { createTurnTranslator } from '../../../layers/runtime/src/bedrock/speech/to-converse-events.ts'

function plan(document: string): { readonly name: string; readonly text: string }[] {
  const turn = planTurn(readJsonObject(Buffer.from(document)))
  return [...turn.question, ...turn.end].map((bytes) => {
    const text = bytes.toString()
    return { name: Object.keys(JSON.parse(text).event)[0] ?? '', text }
  })
}

describe('a plan', () => {
  test('has the events of a session in their order', () => {
    const events = plan(`{
      "system": [{"text":"Be brief."}],
      "messages": [
        {"role":"user","content":[{"text":"Hi"}]},
        {"role":"assistant","content":[{"text":"Hello"}]},
        {"role":"user","content":[{"text":"Bye"}]}
      ]
    }`)

    expect(events.map(({ name }) => name).filter((name) => name !== 'audioInput')).toEqual([
      'sessionStart',
      'promptStart',
      ...['contentStart', 'textInput', 'contentEnd'],
      ...['contentStart', 'textInput', 'contentEnd'],
      ...['contentStart', 'textInput', 'contentEnd'],
      'contentStart',
      ...['contentStart', 'textInput', 'contentEnd'],
      'contentEnd',
      'promptEnd',
      'sessionEnd',
    ])
    const roles = events
      .filter(({ name }) => name === 'contentStart')
      .map(({ text }) => JSON.parse(text).event.contentStart)
    expect(roles.map(({ type, role, interactive }) => [type, role, interactive])).toEqual([
      ['TEXT', 'SYSTEM', false],
      ['TEXT', 'USER', false],
      ['TEXT', 'ASSISTANT', false],
      ['AUDIO', 'USER', true],
      ['TEXT', 'USER', true],
    ])
  })

  test('copies the JSON text of strings, numbers and schemas', () => {
    const text = plan(`{
      "inferenceConfig": {"maxTokens": 1024, "temperature": 0.70},
      "toolConfig": {"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object","properties":{"n":{"const":12345678901234567890}}}}}}]},
      "messages": [{"role":"user","content":[{"text":"caf\\u00e9"}]}]
    }`)
      .map((event) => event.text)
      .join('\n')

    expect(text).toContain('"inferenceConfiguration":{"maxTokens": 1024, "temperature": 0.70}')
    expect(text).toContain('\\"const\\":12345678901234567890')
    expect(text).toContain('"content":"caf\\u00e9"')
  })

  test('sends speech in pieces of 32 ms, and then silence', () => {
    const file = writeWav({ sampleRateHertz: 16_000, samples: Buffer.alloc(2 * 16_000, 1) })
    const audio = JSON.stringify({ format: 'wav', source: { bytes: file.toString('base64') } })
    const inputs = plan(`{"messages":[{"role":"user","content":[{"audio":${audio}}]}]}`)
      .filter(({ name }) => name === 'audioInput')
      .map(({ text }) => Buffer.from(JSON.parse(text).event.audioInput.content, 'base64'))

    expect(inputs[0]).toHaveLength(1024)
    const loud = inputs.filter((input) => input.some((byte) => byte !== 0))
    expect(Buffer.concat(loud)).toHaveLength(32_000)
    const silent = Buffer.concat(inputs.slice(loud.length))
    expect(silent.length / 2 / 16_000).toBeCloseTo(2.2, 5)
  })
})

describe('a request', () => {
  const user = { role: 'user', content: [{ text: 'Hi' }] }
  const use = { toolUseId: 'a', name: 'f', input: {} }
  const tool = { name: 'f', description: 'd', inputSchema: { json: { type: 'object' } } }
  const wav = writeWav({ sampleRateHertz: 8_000, samples: Buffer.alloc(2) }).toString('base64')
  const audio = { format: 'wav', source: { bytes: wav } }
  const withResult = (result: unknown) => ({
    messages: [
      { role: 'assistant', content: [{ toolUse: use }] },
      { role: 'user', content: [{ toolResult: result }] },
    ],
  })

  test.each<[string, object]>([
    ['system must be an array', { system: 'Be brief.' }],
    ['system[0] must be an object', { system: ['Be brief.'] }],
    ['messages must be an array', { messages: {} }],
    ['messages[0] must be an object', { messages: ['Hi'] }],
    ['messages[0].content must be an array', { messages: [{ role: 'user', content: 'Hi' }] }],
    ['inferenceConfig must be an object', { inferenceConfig: 'x' }],
    ['audioConfig must be an object', { audioConfig: [] }],
    ['audioConfig.endpointingSensitivity must be HIGH, MEDIUM, LOW', { audioConfig: { endpointingSensitivity: 5 } }],
    ['toolConfig must be an object', { toolConfig: true }],
    ['toolConfig.tools must be an array', { toolConfig: { tools: {} } }],
    ['toolConfig.tools[0] must be an object', { toolConfig: { tools: ['f'] } }],
    ['toolSpec.name must have', { toolConfig: { tools: [{ toolSpec: { ...tool, name: 'say this' } }] } }],
    ['toolSpec.description must be a string', { toolConfig: { tools: [{ toolSpec: { ...tool, description: 5 } }] } }],
    ['toolSpec.inputSchema.json must be an object', { toolConfig: { tools: [{ toolSpec: { name: 'f' } }] } }],
    [
      'toolUse.name must have',
      { messages: [{ role: 'assistant', content: [{ toolUse: { ...use, name: 'a b' } }] }, user] },
    ],
    ['toolUse.x is not known', { messages: [{ role: 'assistant', content: [{ toolUse: { ...use, x: 1 } }] }, user] }],
    ['toolResult.x is not known', withResult({ toolUseId: 'a', content: [{ text: 'r' }], x: 1 })],
    ['toolResult.status must be success or error', withResult({ toolUseId: 'a', content: [], status: 'x' })],
    ['toolResult.content must be an array', withResult({ toolUseId: 'a', content: 'r' })],
    ['toolResult.content[0].image is not known', withResult({ toolUseId: 'a', content: [{ image: {} }] })],
    ['toolResult.content[0] must have one member', withResult({ toolUseId: 'a', content: [{ text: 'a', json: 1 }] })],
    ['audio.x is not known', { messages: [{ role: 'user', content: [{ audio: { ...audio, x: 1 } }] }] }],
    [
      'source.s3Location is not known',
      { messages: [{ role: 'user', content: [{ audio: { ...audio, source: { bytes: wav, s3Location: {} } } }] }] },
    ],
  ])('where %s is refused', (message, members) => {
    expect(() => plan(JSON.stringify({ messages: [user], ...members }))).toThrow(message)
  })

  test('with a repeated member is refused', () => {
    const messages = JSON.stringify([user])
    expect(() => plan(`{"messages":[],"messages":${messages}}`)).toThrow('messages is given more than once.')
  })

  test('with a tool that failed says so to the model', () => {
    const events = plan(JSON.stringify(withResult({ toolUseId: 'a', content: [{ text: 'r' }], status: 'error' })))
    expect(events.map(({ text }) => text).join()).toContain('[Error of a: r]')
  })

  test('with null in place of a member is one without it', () => {
    const names = ['system', 'inferenceConfig', 'toolConfig', 'audioConfig']
    const nulls = Object.fromEntries(names.map((name) => [name, null]))
    expect(plan(JSON.stringify({ messages: [user], ...nulls }))).toEqual(plan(JSON.stringify({ messages: [user] })))
  })
})

describe('a WAV file', () => {
  const samples = Buffer.from([1, 2, 3, 4])

  test('is read as it was written', () => {
    expect(readWav(writeWav({ sampleRateHertz: 8_000, samples }), 'x')).toEqual({ sampleRateHertz: 8_000, samples })
  })

  test('may have other chunks, and a length that is too large', () => {
    const file = writeWav({ sampleRateHertz: 24_000, samples })
    const list = Buffer.from('LIST\x03\0\0\0abc\0', 'latin1')
    const withList = Buffer.concat([file.subarray(0, 36), list, file.subarray(36)])
    withList.writeUInt32LE(0xffffffff, withList.length - samples.length - 4)

    expect(readWav(withList, 'x')).toEqual({ sampleRateHertz: 24_000, samples })
  })

  test.each([
    [
      'half a sample',
      writeWav({ sampleRateHertz: 8_000, samples: samples.subarray(1) }),
      'x has 3 bytes, which is half a sample of 16 bits.',
    ],
    ['no samples', writeWav({ sampleRateHertz: 8_000, samples: Buffer.alloc(0) }), 'x has no samples.'],
    [
      'only a header',
      writeWav({ sampleRateHertz: 8_000, samples }).subarray(0, 12),
      'x is a WAV file without a format or without samples.',
    ],
  ])('with %s is refused', (_, file, message) => {
    expect(() => readWav(file, 'x')).toThrow(message)
  })
})

describe('a translation', () => {
  const event = (name: string, members: object) => Buffer.from(JSON.stringify({ event: { [name]: members } }))
  const speculative = { additionalModelFields: '{"generationStage":"SPECULATIVE"}' }

  test('goes on after an answer that the user interrupted', () => {
    const translator = createTurnTranslator()
    const frames = [
      event('completionStart', {}),
      event('contentStart', {
        contentId: 'a',
        type: 'AUDIO',
        role: 'ASSISTANT',
        audioOutputConfiguration: { mediaType: 'audio/lpcm', sampleRateHertz: 8_000, encoding: 'base64' },
      }),
      event('audioOutput', { contentId: 'a', content: 'AAAA' }),
      event('contentEnd', { contentId: 'a', type: 'AUDIO', stopReason: 'INTERRUPTED' }),
      event('completionEnd', { stopReason: 'END_TURN' }),
    ].flatMap((bytes) => translator.add(bytes))

    expect(frames).toEqual([
      encodeEvent('messageStart', '{"role":"assistant"}'),
      encodeEvent(
        'contentBlockStart',
        '{"contentBlockIndex":0,"start":{"audio":{"format":"pcm","sampleRateHertz":8000}}}',
      ),
      encodeEvent('contentBlockDelta', '{"contentBlockIndex":0,"delta":{"audio":{"source":{"bytes":"AAAA"}}}}'),
      encodeEvent('contentBlockStop', '{"contentBlockIndex":0}'),
      encodeEvent('interrupted', '{}'),
    ])
    expect(translator.isAnswered).toBe(false)
    expect(translator.finish(1)).toEqual([])
    translator.add(event('contentStart', { contentId: 'b', type: 'TEXT', role: 'ASSISTANT', ...speculative }))
    translator.add(event('completionEnd', { stopReason: 'END_TURN' }))
    expect(translator.isAnswered).toBe(true)
  })

  test('leaves out the text that was spoken, which is the planned one', () => {
    const translator = createTurnTranslator()
    translator.add(
      event('contentStart', {
        contentId: 'a',
        type: 'TEXT',
        role: 'ASSISTANT',
        additionalModelFields: '{"generationStage":"FINAL"}',
      }),
    )

    expect(translator.add(event('textOutput', { contentId: 'a', content: 'Hello' }))).toEqual([])
    expect(translator.add(event('contentEnd', { contentId: 'a', stopReason: 'END_TURN' }))).toEqual([])
  })
})
