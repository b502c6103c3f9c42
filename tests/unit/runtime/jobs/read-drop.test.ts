import { readDrop } from '../../../../functions/start-job/triggers/read-drop.ts'

function read(key: string, body: Uint8Array | string | object, contentType?: string) {
  const bytes = body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const dropped = { body: bytes, ...(contentType !== undefined && { contentType }) }
  return JSON.parse(
    readDrop(`inbox/${key}`, dropped, { defaultModelId: 'default-model' })
      .toString()
      .replace(/^\uFEFF/, ''),
  )
}

const prompt = (text: string) => ({
  modelId: 'default-model',
  input: { converse: { messages: [{ role: 'user', content: [{ text }] }] } },
})
const messages = [{ role: 'user', content: [{ text: 'Hi' }] }]

describe('plain text', () => {
  test.each([
    ['prompt.txt', 'What is 日本?', 'text/plain'],
    ['prompt', '  Two\n\nlines \n', undefined],
    ['prompt.md', '# [not] "JSON"', 'binary/octet-stream'],
    ['list.txt', '[1, 2]', 'text/plain'],
    ['json', 'named json, but none', undefined],
  ])('of %s is a prompt for the default model, unchanged', (key, text, contentType) => {
    expect(read(key, text, contentType)).toEqual(prompt(text))
  })

  test('does not include a byte order mark', () => {
    expect(read('prompt.txt', '\uFEFFHi')).toEqual(prompt('Hi'))
  })

  test.each([
    ['prompt.txt', ' \r\n\t'],
    ['prompt.txt', ''],
    ['prompt.txt', '\uFEFF'],
  ])('of %s with %j is empty', (key, text) => {
    expect(() => read(key, text)).toThrow(expect.objectContaining({ name: 'ValidationException' }))
  })

  test.each([
    ['an image', Buffer.from('89504e470d0a1a0a', 'hex')],
    ['UTF-16', Buffer.from('\uFEFFHi', 'utf16le')],
    ['half a character', Buffer.from('日').subarray(0, 2)],
  ])('is refused if it is %s', (_, bytes) => {
    expect(() => read('prompt.txt', bytes)).toThrow(
      expect.objectContaining({ name: 'ValidationException', message: expect.stringContaining('UTF-8') }),
    )
  })
})

describe('JSON', () => {
  const document = { modelId: 'm', messages }
  const expected = { modelId: 'm', input: { converse: { messages } } }

  test.each([
    ['by its name', 'a.json', undefined, ''],
    ['by its name in capitals', 'a.JSON', undefined, ''],
    ['by its media type', 'a', 'application/json', ''],
    ['by its media type with a parameter', 'a', 'application/json; charset=utf-8', ''],
    ['by a media type of its kind', 'a', 'application/vnd.team+json', ''],
    ['by its first character', 'a.txt', 'text/plain', ''],
    ['by its first character behind white space', 'a.txt', undefined, ' \r\n\t'],
    ['behind a byte order mark', 'a', undefined, '\uFEFF'],
  ])('is recognized %s', (_, key, contentType, before) => {
    expect(read(key, before + JSON.stringify(document), contentType)).toEqual(expected)
  })

  test.each([
    ['', 'is not JSON'],
    ['{"modelId":', 'is not JSON'],
    ['plain text', 'is not JSON'],
    ['{"modelId":"m"} more', 'is not JSON'],
    ['[{"modelId":"m"}]', 'not a JSON object'],
    ['null', 'not a JSON object'],
    ['"text"', 'not a JSON object'],
  ])('is refused: %j %s', (text, message) => {
    expect(() => read('a.json', text)).toThrow(
      expect.objectContaining({ name: 'ValidationException', message: expect.stringContaining(message) }),
    )
  })

  test('with 100,000 nested arrays is refused', () => {
    const nested = `{"modelId":"m","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
    expect(() => read('a.json', nested)).toThrow(
      expect.objectContaining({ name: 'ValidationException', message: expect.stringContaining('nested') }),
    )
  })

  test('with invalid UTF-8 is refused, not replaced', () => {
    const bytes = Buffer.concat([Buffer.from('{"modelId":"m","prompt":"'), Buffer.from([0xff]), Buffer.from('"}')])
    expect(() => read('a.json', bytes)).toThrow(expect.objectContaining({ name: 'ValidationException' }))
  })
})

describe('a document', () => {
  test('that is a StartAsyncInvoke request is not changed', () => {
    const native = { modelId: 'm', modelInput: { prompt: 'p' }, tags: [{ key: 'a', value: 'b' }] }
    const converse = { modelId: 'm', input: { converse: { messages } }, outputDataConfig: { s3OutputDataConfig: {} } }
    expect(read('a.json', native)).toEqual(native)
    expect(read('a.json', converse)).toEqual(converse)
  })

  test('with only members of Converse is a Converse request', () => {
    const body = {
      messages,
      system: [{ text: 's' }],
      inferenceConfig: { maxTokens: 1 },
      toolConfig: { tools: [] },
      guardrailConfig: {},
      additionalModelRequestFields: { thinking: { type: 'enabled' } },
      serviceTier: { type: 'flex' },
    }
    expect(read('a.json', { modelId: 'm', ...body })).toEqual({ modelId: 'm', input: { converse: body } })
  })

  test.each([
    ['Claude', { anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }],
    ['Claude with blocks', { messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] }],
    ['Claude, told by its content alone', { messages: [{ role: 'user', content: 'Hi' }] }],
    ['Nova', { schemaVersion: 'messages-v1', messages }],
    ['OpenAI', { messages: [{ role: 'user', content: 'Hi' }], temperature: 0 }],
    ['Titan embeddings', { inputText: 'Hi' }],
    ['Llama', { prompt: 'Hi', max_gen_len: 9 }],
    ['messages that are none', { messages: 'Hi' }],
    ['messages of nothing', { messages: [null] }],
  ])('with a native body of %s is a native request', (_, body) => {
    expect(read('a.json', { modelId: 'm', ...body })).toEqual({ modelId: 'm', modelInput: body })
  })

  test('has its output location and no token, which is made from the drop', () => {
    const outputDataConfig = { s3OutputDataConfig: { s3Uri: 's3://b/c' } }
    expect(read('a.json', { modelId: 'm', prompt: 'p', outputDataConfig, clientRequestToken: 't' })).toEqual({
      modelId: 'm',
      outputDataConfig,
      modelInput: { prompt: 'p' },
    })
  })

  test('keeps a member named __proto__', () => {
    const read1 = read('a.json', '{"modelId":"m","prompt":"p","__proto__":{"polluted":true}}')
    expect(JSON.stringify(read1)).toContain('"__proto__":{"polluted":true}')
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  test('without a modelId is refused later for the missing modelId', () => {
    expect(read('a.json', { prompt: 'p' })).toMatchObject({ modelInput: { prompt: 'p' } })
    expect(read('a.json', { prompt: 'p' }).modelId).toBeUndefined()
  })
})
