import { readStream } from './read-stream.ts'
import { CLAUDE, NOVA, PDF, post, useEmulator, userMessage } from './support.ts'

const emulator = useEmulator()

const CLAUDE_4 = 'us.anthropic.claude-sonnet-4-20250514-v1:0'
const CLAUDE_3_7 = 'us.anthropic.claude-3-7-sonnet-20250219-v1:0'
const CLAUDE_3 = 'anthropic.claude-3-haiku-20240307-v1:0'
const MISTRAL = 'mistral.mistral-large-3-675b-instruct'
const NOVA_2 = 'us.amazon.nova-2-lite-v1:0'
const R1 = 'us.deepseek.r1-v1:0'

const messages = [userMessage('What is the weather in Rome?')]
const tools = [{ toolSpec: { name: 'get_weather', inputSchema: { json: { type: 'object', properties: {} } } } }]

async function converse(modelId: string, body: object) {
  const reply = await post(emulator.url, `/model/${modelId}/converse`, body)
  expect([reply.status, reply.body.message]).toEqual([200, undefined])
  return reply.body
}

async function stream(modelId: string, body: object, operation = 'converse-stream') {
  const { status, events } = await readStream(emulator.url, `/model/${modelId}/${operation}`, body)
  expect(status).toBe(200)
  return events.map(({ payload: { p: _padding, ...payload } }) => payload)
}

/** Events of a native stream. */
async function streamNative(modelId: string, body: object) {
  const events = await stream(modelId, body, 'invoke-with-response-stream')
  return events.map(({ bytes }) => JSON.parse(Buffer.from(bytes, 'base64').toString()))
}

const native = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 500 }

describe('the usage of Converse', () => {
  const counted = {
    cacheReadInputTokenCount: 0,
    cacheReadInputTokens: 0,
    cacheWriteInputTokenCount: 0,
    cacheWriteInputTokens: 0,
  }
  const plain = { inputTokens: 3, outputTokens: 1, serverToolUsage: {}, totalTokens: 4 }
  const short = [userMessage('[emulator:say=Yes]')]

  test.each([
    ['counts the cache of Claude', CLAUDE, { ...counted, ...plain }],
    ['counts no cache where the model has none', CLAUDE_3, plain],
    ['counts no cache of Nova without a cache point', NOVA, plain],
    ['counts no cache of Mistral', MISTRAL, plain],
  ])('%s', async (_title, modelId, usage) => {
    expect((await converse(modelId, { messages: short })).usage).toEqual(usage)
  })

  test('counts the cache of Nova with a cache point', async () => {
    const system = [{ text: 'word '.repeat(1_100).trim() }, { cachePoint: { type: 'default' } }]

    expect((await converse(NOVA_2, { messages: short, system })).usage).toMatchObject({
      cacheWriteInputTokenCount: 1_100,
      cacheWriteInputTokens: 1_100,
    })
  })

  test('counts the cache in a stream only with a cache point', async () => {
    expect((await stream(CLAUDE, { messages: short })).at(-1).usage).toEqual(plain)
    const system = [{ text: 'Hello' }, { cachePoint: { type: 'default' } }]
    expect((await stream(CLAUDE, { messages: short, system })).at(-1).usage).toMatchObject(counted)
  })
})

describe('a tool use', () => {
  test.each([
    ['has a type', CLAUDE, { name: 'get_weather', type: 'tool_use' }],
    ['has a type', NOVA_2, { name: 'get_weather', type: 'tool_use' }],
    ['has no type', CLAUDE_4, { name: 'get_weather' }],
    ['has no type', CLAUDE_3_7, { name: 'get_weather' }],
    ['has no type', NOVA, { name: 'get_weather' }],
    ['has no type', MISTRAL, { name: 'get_weather' }],
  ])('%s: %s', async (_title, modelId, use) => {
    const whole = await converse(modelId, { messages, toolConfig: { tools } })
    const events = await stream(modelId, { messages, toolConfig: { tools } })

    const { toolUseId, ...rest } = whole.output.message.content.at(-1).toolUse
    expect(toolUseId).toMatch(/^tooluse_/)
    expect(rest).toEqual({ ...use, input: {} })
    expect(events.find(({ start }) => start)?.start.toolUse).toEqual({ ...use, toolUseId: expect.any(String) })
  })

  const inputs = (events: { delta?: { toolUse?: { input: string } } }[]) =>
    events.flatMap(({ delta }) => delta?.toolUse?.input ?? [])

  test('without an input has one empty delta in a stream of Claude, and none in one of another model', async () => {
    expect(inputs(await stream(CLAUDE, { messages, toolConfig: { tools } }))).toEqual([''])
    expect(inputs(await stream(NOVA, { messages, toolConfig: { tools } }))).toEqual([])
  })

  test('begins with an empty delta in a stream of Claude', async () => {
    const prompt = [userMessage('[emulator:tool=get_weather {"city":"Rome"}]')]
    const [claude, nova] = await Promise.all(
      [CLAUDE, NOVA].map((id) => stream(id, { messages: prompt, toolConfig: { tools } })),
    )

    expect(inputs(claude ?? [])[0]).toBe('')
    expect(inputs(claude ?? []).join('')).toBe('{"city":"Rome"}')
    expect(inputs(nova ?? [])[0]).not.toBe('')
  })

  test('without an input is the text of an empty object in a stream of chat completions', async () => {
    const functions = [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object' } } }]
    const events = await streamNative('qwen.qwen3-32b-v1:0', {
      messages: [{ role: 'user', content: 'What is the weather?' }],
      tools: functions,
    })
    const pieces = events.flatMap(({ choices }) => choices[0].delta.tool_calls ?? [])

    expect(pieces.map(({ function: { arguments: text } }) => text).join('')).toBe('{}')
  })
})

describe('the stop sequence', () => {
  const body = {
    messages: [userMessage('[emulator:say=one END two]')],
    inferenceConfig: { stopSequences: ['END'] },
  }

  test('is in a stream at the pointer into its last native event', async () => {
    const additionalModelResponseFieldPaths = ['/delta/stop_sequence']
    const events = await stream(CLAUDE, { ...body, additionalModelResponseFieldPaths })

    expect(events.at(-2)).toEqual({
      additionalModelResponseFields: { delta: { stop_sequence: 'END' } },
      stopReason: 'stop_sequence',
    })
  })

  test('is in a whole answer at the pointer into the native body', async () => {
    const paths = ['/stop_sequence', '/delta/stop_sequence']
    const answer = await converse(CLAUDE, { ...body, additionalModelResponseFieldPaths: paths })

    expect(answer.additionalModelResponseFields).toEqual({ stop_sequence: 'END' })
  })
})

describe('[emulator:signatures=N]', () => {
  const thinking = { type: 'enabled', budget_tokens: 1_024 }
  const asked = [userMessage('Hello [emulator:signatures=3]')]

  test('splits the signature of a stream; the pieces joined are accepted', async () => {
    const additionalModelRequestFields = { thinking }
    const events = await stream(CLAUDE, {
      messages: asked,
      additionalModelRequestFields,
      inferenceConfig: { maxTokens: 2_000 },
    })
    const deltas = events.flatMap(({ delta }) => delta?.reasoningContent ?? [])
    const signatures = deltas.flatMap(({ signature }) => signature ?? [])
    const text = deltas.map((delta) => delta.text ?? '').join('')
    const answer = [{ reasoningContent: { reasoningText: { text, signature: signatures.join('') } } }, { text: 'Hi' }]

    expect(signatures).toHaveLength(3)
    await converse(CLAUDE, {
      messages: [userMessage('Hello'), { role: 'assistant', content: answer }, userMessage('Go on')],
      additionalModelRequestFields,
      inferenceConfig: { maxTokens: 2_000 },
    })
  })

  test('splits it in a native stream', async () => {
    const events = await streamNative(CLAUDE, {
      ...native,
      max_tokens: 2_000,
      thinking,
      messages: [{ role: 'user', content: 'Hello [emulator:signatures=2]' }],
    })

    expect(events.filter(({ delta }) => delta?.type === 'signature_delta')).toHaveLength(2)
  })

  test('is refused without a stream', async () => {
    const reply = await post(emulator.url, `/model/${CLAUDE}/converse`, { messages: asked })

    expect([reply.status, reply.body.message]).toEqual([400, expect.stringContaining('is for streams')])
  })
})

test('DeepSeek R1 reasons without being asked: behind the text of an answer, before that of a stream', async () => {
  const { output } = await converse(R1, { messages })
  const events = await stream(R1, { messages })

  expect(output.message.content).toEqual([
    { text: expect.any(String) },
    { reasoningContent: { reasoningText: { text: expect.stringContaining('Rome') } } },
  ])
  expect(events.find(({ delta }) => delta)?.delta).toEqual({ reasoningContent: { text: expect.any(String) } })
})

const POLICY = 'Company leave policy: Employees get 20 days annual leave. Consult with your manager for details.'
const CITED = 'Company leave policy: Employees get 20 days annual leave. '
const citations = { enabled: true }
const documentOf = (source: object, more: object = { citations }) => ({
  document: { format: 'txt', name: 'policy', source, ...more },
})
const QUESTION = { text: 'How many days of annual leave do employees get?' }

describe('citations', () => {
  test.each<[string, object, object]>([
    [
      'characters of a text',
      documentOf({ text: POLICY }),
      {
        location: { documentChar: { documentIndex: 0, end: 58, start: 0 } },
        sourceContent: [{ text: CITED }],
        title: 'policy',
      },
    ],
    [
      'characters of a file of text',
      documentOf({ bytes: Buffer.from(POLICY).toString('base64') }),
      {
        location: { documentChar: { documentIndex: 0, end: 58, start: 0 } },
        sourceContent: [{ text: CITED }],
        title: 'policy',
      },
    ],
    [
      'chunks',
      documentOf({ content: [{ text: 'Consult with your manager.' }, { text: CITED.trim() }] }),
      {
        location: { documentChunk: { documentIndex: 0, end: 2, start: 1 } },
        sourceContent: [{ text: CITED.trim() }],
        title: 'policy',
      },
    ],
    [
      'pages of a PDF',
      { document: { format: 'pdf', name: 'policy', source: { bytes: PDF.toString('base64') }, citations } },
      {
        location: { documentPage: { documentIndex: 0, end: 2, start: 1 } },
        sourceContent: [{ text: 'Page 1 of policy' }],
        title: 'policy',
      },
    ],
    [
      'search results',
      {
        searchResult: { source: 'https://example.com/', title: 'Leave', content: [{ text: CITED.trim() }], citations },
      },
      {
        location: { searchResultLocation: { searchResultIndex: 0, end: 1, start: 0 } },
        source: 'https://example.com/',
        sourceContent: [{ text: CITED.trim() }],
        title: 'Leave',
      },
    ],
  ])('name %s, in the answer and in the stream', async (_title, block, citation) => {
    const body = { messages: [{ role: 'user', content: [block, QUESTION] }] }
    const { output } = await converse(CLAUDE, body)
    const events = await stream(CLAUDE, body)

    const cited = output.message.content.at(-1).citationsContent
    expect(cited.citations).toEqual([citation])
    expect(output.message.content[0]).toEqual({ text: expect.any(String) })
    const deltas = events.flatMap(({ delta, contentBlockIndex }) => (delta && contentBlockIndex === 1 ? [delta] : []))
    expect(deltas[0]).toEqual({ citation })
    expect(
      deltas
        .slice(1)
        .map(({ text }) => text)
        .join(''),
    ).toBe(cited.content[0].text)
  })

  test('count documents and search results of the whole request', async () => {
    const other = { document: { format: 'txt', name: 'other', source: { text: 'Nothing about it.' } } }
    const content = [other, documentOf({ text: POLICY }), QUESTION]
    const { output } = await converse(CLAUDE, { messages: [{ role: 'user', content }] })

    expect(output.message.content.at(-1).citationsContent.citations[0].location.documentChar.documentIndex).toBe(1)
  })

  test('are missing where the request does not ask for them', async () => {
    const content = [documentOf({ text: POLICY }, {}), QUESTION]
    const { output } = await converse(CLAUDE, { messages: [{ role: 'user', content }] })

    expect(output.message.content).toEqual([{ text: expect.any(String) }])
  })

  test('have the form of Claude in native bodies and streams', async () => {
    const source = { type: 'text', media_type: 'text/plain', data: POLICY }
    const content = [
      { type: 'document', source, title: 'policy', citations },
      { type: 'text', ...QUESTION },
    ]
    const body = { ...native, messages: [{ role: 'user', content }] }
    const { body: answer } = await post(emulator.url, `/model/${CLAUDE}/invoke`, body)
    const events = await streamNative(CLAUDE, body)

    const citation = {
      type: 'char_location',
      cited_text: CITED,
      document_index: 0,
      document_title: 'policy',
      file_id: null,
      start_char_index: 0,
      end_char_index: 58,
    }
    expect(answer.content.at(-1)).toEqual({ type: 'text', text: CITED.trim(), citations: [citation] })
    expect(events.find(({ delta }) => delta?.type === 'citations_delta')).toEqual({
      type: 'content_block_delta',
      index: 1,
      delta: { type: 'citations_delta', citation },
    })
  })

  test('of search results in tool results are found in native bodies', async () => {
    const found = {
      type: 'search_result',
      source: 'https://example.com/',
      title: 'Leave',
      content: [{ type: 'text', text: CITED }],
      citations,
    }
    const { body } = await post(emulator.url, `/model/${CLAUDE}/invoke`, {
      ...native,
      tools: [{ name: 'look_up', input_schema: { type: 'object' } }],
      messages: [
        { role: 'user', content: QUESTION.text },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'look_up', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: [found] }] },
      ],
    })

    expect(body.content.at(-1).citations).toEqual([
      {
        type: 'search_result_location',
        cited_text: CITED,
        source: 'https://example.com/',
        title: 'Leave',
        search_result_index: 0,
        start_block_index: 0,
        end_block_index: 1,
      },
    ])
  })
})

describe("Nova's code interpreter", () => {
  const toolConfig = { tools: [{ systemTool: { name: 'nova_code_interpreter' } }] }
  const asked = [userMessage('What is 1234 * 5678?')]
  const use = { name: 'nova_code_interpreter', toolUseId: expect.stringMatching(/^tooluse_/), type: 'server_tool_use' }
  const result = {
    status: 'success',
    toolUseId: expect.stringMatching(/^tooluse_/),
    type: 'nova_code_interpreter_result',
  }
  const content = [{ json: { stdOut: '7006652', stdErr: '', exitCode: 0, isError: false } }]

  test('calculates: the answer has the use of the tool, its result and a text, and may continue', async () => {
    const { output, stopReason } = await converse(NOVA_2, { messages: asked, toolConfig })

    expect(stopReason).toBe('end_turn')
    expect(output.message.content).toEqual([
      { toolUse: { ...use, input: { snippet: '1234 * 5678' } } },
      { toolResult: { ...result, content } },
      { text: '1234 * 5678 = 7006652.' },
    ])
    await converse(NOVA_2, { messages: [...asked, output.message, userMessage('Thanks')], toolConfig })
  })

  test('streams its use and its result', async () => {
    const events = await stream(NOVA_2, { messages: asked, toolConfig })

    expect(events.filter(({ start }) => start).map(({ start }) => start)).toEqual([
      { toolUse: use },
      { toolResult: result },
    ])
    expect(events.find(({ delta }) => delta?.toolResult)).toEqual({
      contentBlockIndex: 1,
      delta: { toolResult: content },
    })
    expect(events.at(-2)).toEqual({ stopReason: 'end_turn' })
  })

  test('is followed by the tool that takes the answer', async () => {
    const final = {
      name: 'final_result',
      inputSchema: { json: { type: 'object', properties: { result: { type: 'number' } } } },
    }
    const { output, stopReason } = await converse(NOVA_2, {
      messages: asked,
      toolConfig: { tools: [...toolConfig.tools, { toolSpec: final }], toolChoice: { any: {} } },
    })

    expect(stopReason).toBe('tool_use')
    expect(output.message.content.map((block: object) => Object.keys(block)[0])).toEqual([
      'toolUse',
      'toolResult',
      'toolUse',
    ])
    expect(output.message.content[2].toolUse).toMatchObject({ name: 'final_result', type: 'tool_use' })
  })

  test('is not used without a calculation', async () => {
    const { output } = await converse(NOVA_2, { messages: [userMessage('Hello')], toolConfig })

    expect(output.message.content).toEqual([{ text: expect.any(String) }])
  })
})
