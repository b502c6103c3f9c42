import { CLAUDE, NOVA, PDF, PNG, post, useEmulator, userMessage } from './support.ts'

const emulator = useEmulator()

const user = userMessage('Hello')
const assistant = { role: 'assistant', content: [{ text: 'Hi' }] }
const toolSpec = { name: 'look_up', inputSchema: { json: { type: 'object' } } }
const toolConfig = { tools: [{ toolSpec }] }
const toolUse = { role: 'assistant', content: [{ toolUse: { toolUseId: 't1', name: 'look_up', input: {} } }] }
const toolResult = { role: 'user', content: [{ toolResult: { toolUseId: 't1', content: [{ text: 'x' }] } }] }
const png = { format: 'png', source: { bytes: PNG.toString('base64') } }
const pdf = { format: 'pdf', name: 'Report', source: { bytes: PDF.toString('base64') } }

const withContent = (...content: unknown[]): unknown => ({ messages: [{ role: 'user', content }] })
const withDocument = (document: unknown): unknown => withContent({ text: 'Read' }, { document })
const withConfig = (inferenceConfig: unknown): unknown => ({ messages: [user], inferenceConfig })
const withTools = (tools: unknown, toolChoice?: unknown): unknown => ({
  messages: [user],
  toolConfig: { tools, ...(toolChoice !== undefined && { toolChoice }) },
})

describe('Converse', () => {
  test.each<[string, unknown, RegExp]>([
    ['no messages member', {}, /Value null at 'messages'/],
    ['no messages', { messages: [] }, /at least one message/],
    ['messages that are no list', { messages: 'Hello' }, /#\/messages: expected type: JSONArray, found: String/],
    ['a role that is a number', { messages: [{ role: 1, content: [] }] }, /expected type: String, found: Integer/],
    [
      'an unknown role',
      { messages: [{ role: 'robot', content: [{ text: 'x' }] }] },
      /enum value set: \[user, assistant/,
    ],
    ['empty content', withContent(), /content field in the Message object at messages\.0 is empty/],
    ['empty text', withContent({ text: '' }), /ContentBlock object at messages\.0\.content\.0 is blank/],
    ['a union without a member', withContent({}), /exactly one of \[text, image/],
    ['a union with two members', withContent({ text: 'a', image: png }), /exactly one of .* found: \[text, image\]/],
    ['an unknown content block', withContent({ hologram: {} }), /exactly one of .* found: \[hologram\]/],
    [
      'an image of the assistant',
      { messages: [user, { role: 'assistant', content: [{ image: png }] }] },
      /only allowed in messages of the user role/,
    ],
    [
      'an unknown image format',
      withContent({ image: { ...png, format: 'bmp' } }),
      /enum value set: \[png, jpeg, gif, webp\]/,
    ],
    [
      'an image that is none',
      withContent({ image: { format: 'png', source: { bytes: 'aGVsbG8=' } } }),
      /Could not process image/,
    ],
    [
      'bytes that are not base64',
      withContent({ image: { format: 'png', source: { bytes: '*' } } }),
      /expected type: Base64/,
    ],
    [
      'empty bytes',
      withContent({ image: { format: 'png', source: { bytes: '' } } }),
      /length greater than or equal to 1/,
    ],
    [
      '101 images',
      withContent(...Array.from({ length: 101 }, () => ({ image: png }))),
      /The model returned the following errors: too many images and documents: 101 \+ 0 > 100/,
    ],
    [
      'an image of 2,001 pixels among 21',
      withContent(...Array.from({ length: 20 }, () => ({ image: png })), {
        image: { format: 'png', source: { bytes: widePng(2_001) } },
      }),
      /content\.20\.image\.source\.bytes: At least one of the image dimensions exceed max allowed size for many-image requests: 2000 pixels/,
    ],
    [
      'an image of 4 MB',
      withContent({ image: { format: 'png', source: { bytes: padded(PNG, 4_000_000) } } }),
      /messages\.0\.content\.0\.image\.source\.bytes: image exceeds 5 MB maximum: 5333336 bytes > 5242880 bytes/,
    ],
    [
      'an image of 9,000 pixels',
      withContent({ image: { format: 'png', source: { bytes: widePng() } } }),
      /9000x480 pixels, the limit is 8000x8000/,
    ],
    [
      '6 documents',
      withContent({ text: 'Read' }, ...Array.from({ length: 6 }, () => ({ document: pdf }))),
      /^You can't include more than 5 documents in a request\.$/,
    ],
    [
      'two documents of one name',
      withContent({ text: 'Read' }, { document: pdf }, { document: pdf }),
      /^Messages can't contain duplicate document names\. Rename the document and retry your request\.$/,
    ],
    [
      'a document without text',
      withContent({ document: pdf }),
      /^A text block must be included when using documents\. Add a text block and retry your request\.$/,
    ],
    ['a document name with a dot', withDocument({ ...pdf, name: 'report.pdf' }), /document file name can only contain/],
    [
      'a document name with two spaces',
      withDocument({ ...pdf, name: 'my  report' }),
      /more than one consecutive whitespace/,
    ],
    ['a PDF that is none', withDocument({ ...pdf, source: { bytes: 'aGVsbG8=' } }), /Could not process document/],
    [
      'a Word document of 5 MB',
      withDocument({ ...pdf, format: 'docx', source: { bytes: padded(PDF, 5_000_000) } }),
      /^The maximum document size is 4\.5 MB\./,
    ],
    [
      'a tool result without its use',
      { messages: [toolResult], toolConfig },
      /^The number of toolResult blocks at messages\.0\.content exceeds the number of toolUse blocks of previous turn\.$/,
    ],
    [
      'a tool use without its result',
      { messages: [user, toolUse, userMessage('x')], toolConfig },
      /Expected toolResult blocks at messages\.2\.content for the following Ids: t1/,
    ],
    [
      'a tool result of another id',
      {
        messages: [user, toolUse, { role: 'user', content: [{ toolResult: { toolUseId: 't2', content: [] } }] }],
        toolConfig,
      },
      /Ids: t1/,
    ],
    [
      'two results of one tool use',
      {
        messages: [user, toolUse, { role: 'user', content: [...toolResult.content, ...toolResult.content] }],
        toolConfig,
      },
      /^The toolResult blocks at messages\.2\.content contain duplicate Ids: t1$/,
    ],
    ['tool blocks without toolConfig', { messages: [user, toolUse, toolResult] }, /toolConfig field must be defined/],
    ['a tool use by the user', withContent(toolUse.content[0]), /only allowed in messages of the assistant role/],
    [
      'an ill-formed tool name',
      withTools([{ toolSpec: { ...toolSpec, name: 'look up' } }]),
      /regular expression pattern/,
    ],
    ['no tools', withTools([]), /toolConfig\.tools.*length greater than or equal to 1/],
    ['two tools of one name', withTools([{ toolSpec }, { toolSpec }]), /more than one tool named look_up/],
    ['a choice of no tool', withTools([{ toolSpec }], { tool: { name: 'other' } }), /names the tool other/],
    [
      'maxTokens 0',
      withConfig({ maxTokens: 0 }),
      /Value '0' at 'inferenceConfig\.maxTokens'.*greater than or equal to 1/,
    ],
    ['maxTokens above the model', withConfig({ maxTokens: 64_001 }), /exceeds the model limit of 64000/],
    ['maxTokens as text', withConfig({ maxTokens: '10' }), /expected type: Integer, found: String/],
    ['a half token', withConfig({ maxTokens: 1.5 }), /expected type: Integer, found: Number/],
    [
      'temperature 1.1',
      withConfig({ temperature: 1.1 }),
      /Value '1.1' at 'inferenceConfig\.temperature'.*less than or equal to 1/,
    ],
    ['topP -0.1', withConfig({ topP: -0.1 }), /greater than or equal to 0/],
    [
      'temperature and topP',
      withConfig({ temperature: 0.5, topP: 0.5 }),
      /`temperature` and `top_p` cannot both be specified/,
    ],
    ['stop sequences that are no list', withConfig({ stopSequences: 'END' }), /expected type: JSONArray/],
    [
      'a response path that is no pointer',
      { messages: [user], additionalModelResponseFieldPaths: ['stop_sequence'] },
      /invalid JSON Pointer/,
    ],
    [
      'an output schema that is no JSON',
      {
        messages: [user],
        outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: '{' } } } },
      },
      /not the text of a JSON object/,
    ],
    ['an unknown service tier', { messages: [user], serviceTier: { type: 'gold' } }, /enum value set/],
  ])('refuses %s', async (_name, body, message) => {
    await expectRefusal(`/model/${CLAUDE}/converse`, body, message)
  })

  test.each<[string, string, unknown, RegExp]>([
    [
      'temperature',
      'us.anthropic.claude-opus-4-7',
      withConfig({ temperature: 0 }),
      /`temperature` is deprecated for this model/,
    ],
    [
      'top_k',
      'us.anthropic.claude-sonnet-5',
      { messages: [user], additionalModelRequestFields: { top_k: 5 } },
      /`top_k` is deprecated/,
    ],
    [
      'prefill',
      'us.anthropic.claude-sonnet-4-6',
      { messages: [user, assistant] },
      /does not support assistant message prefill/,
    ],
    [
      'a forced tool',
      'us.anthropic.claude-sonnet-5-5',
      withTools([{ toolSpec }], { any: {} }),
      /forces tool use is not supported/,
    ],
    [
      'system',
      'amazon.titan-text-express-v1',
      { messages: [user], system: [{ text: 'x' }] },
      /doesn't support system messages/,
    ],
    ['tools', 'us.deepseek.r1-v1:0', withTools([{ toolSpec }]), /doesn't support tool use/],
    [
      'chat at all',
      'amazon.titan-embed-text-v2:0',
      { messages: [user] },
      /Try again with a supported text or chat model/,
    ],
  ])('refuses %s where %s does not have it', async (_name, modelId, body, message) => {
    await expectRefusal(`/model/${modelId}/converse`, body, message)
  })

  test('refuses nothing within the same limits', async () => {
    const body = {
      messages: [
        { role: 'user', content: [{ text: 'Look' }, { document: { ...pdf, name: 'A_(1) [b]-c' } }], unknown: true },
        toolUse,
        toolResult,
      ],
      toolConfig,
      inferenceConfig: { maxTokens: 64_000, temperature: 1, stopSequences: [] },
      system: null,
      newMember: { any: 'thing' },
    }

    expect(await post(emulator.url, `/model/${CLAUDE}/converse`, body)).toMatchObject({ status: 200 })
  })
})

describe('tools of Converse', () => {
  const LLAMA = 'us.meta.llama4-scout-17b-instruct-v1:0'
  const withResult = (result: object) => ({
    messages: [user, toolUse, { role: 'user', content: [{ toolResult: { toolUseId: 't1', ...result } }] }],
    toolConfig,
  })
  const withInput = (input: unknown) => ({
    messages: [
      user,
      { role: 'assistant', content: [{ toolUse: { toolUseId: 't1', name: 'look_up', input } }] },
      toolResult,
    ],
    toolConfig,
  })
  const forced = (toolChoice: unknown) => withTools([{ toolSpec }], toolChoice)
  const schemaless = withTools([{ toolSpec: { name: 'a', inputSchema: { json: { properties: {} } } } }])
  const outputConfig = {
    textFormat: {
      type: 'json_schema',
      structure: { jsonSchema: { schema: '{"type":"object","additionalProperties":false}' } },
    },
  }

  test.each<[string, string, unknown, RegExp]>([
    [
      'an error without content',
      CLAUDE,
      withResult({ content: [], status: 'error' }),
      /cannot be empty when status value is error/,
    ],
    [
      'a json that is a list',
      CLAUDE,
      withResult({ content: [{ json: [1] }] }),
      /toolResult\.content\.0\.json is invalid\. Provide a json object/,
    ],
    [
      'an input that is a text',
      CLAUDE,
      withInput(''),
      /messages\.1\.content\.0\.toolUse\.input is invalid\. Provide a json object/,
    ],
    [
      'a schema without a type',
      CLAUDE,
      schemaless,
      /toolConfig\.tools\.0\.toolSpec\.inputSchema\.json\.type must be one of/,
    ],
    ['any tool forced', LLAMA, forced({ any: {} }), /doesn't support the toolConfig\.toolChoice\.any field/],
    [
      'one tool forced',
      LLAMA,
      forced({ tool: { name: 'look_up' } }),
      /doesn't support the toolConfig\.toolChoice\.tool field/,
    ],
    ['a structured output', 'us.amazon.nova-2-lite-v1:0', { messages: [user], outputConfig }, /outputConfig/],
  ])('%s is refused by %s', async (_name, modelId, body, message) => {
    await expectRefusal(`/model/${modelId}/converse`, body, message)
  })

  test('in a stream are refused by Llama 4 and served by Claude', async () => {
    const body = withTools([{ toolSpec }])
    await expectRefusal(`/model/${LLAMA}/converse-stream`, body, /doesn't support tool use in streaming mode/)
    expect(await post(emulator.url, `/model/${LLAMA}/converse`, body)).toMatchObject({ status: 200 })
  })

  test.each([
    ['a result without content', CLAUDE, withResult({ content: [] })],
    ['any tool forced', CLAUDE, forced({ any: {} })],
    ['any tool forced', NOVA, forced({ any: {} })],
    ['a structured output', CLAUDE, { messages: [user], outputConfig }],
  ])('%s is served by %s', async (_name, modelId, body) => {
    expect(await post(emulator.url, `/model/${modelId}/converse`, body)).toMatchObject({ status: 200 })
  })
})

describe('the limits of a model and format', () => {
  const images = (count: number) => Array.from({ length: count }, () => ({ image: png }))
  const document = (format: string, bytes: number) =>
    withDocument({ format, name: 'Report', source: { bytes: padded(PDF, bytes) } })

  test.each([
    ['21 images', CLAUDE, withContent(...images(21))],
    ['100 images', CLAUDE, withContent(...images(100))],
    ['101 images', NOVA, withContent(...images(101))],
    ['an image of 4 MB', NOVA, withContent({ image: { format: 'png', source: { bytes: padded(PNG, 4_000_000) } } })],
    ['a PDF of 8 MB', CLAUDE, document('pdf', 8_000_000)],
    ['a Word document of 8 MB', NOVA, document('docx', 8_000_000)],
  ])('allow %s for %s', async (_name, modelId, body) => {
    expect(await post(emulator.url, `/model/${modelId}/converse`, body)).toMatchObject({ status: 200 })
  })

  test.each([
    ['a text of 5 MB', NOVA, document('txt', 5_000_000), /^The maximum document size is 4\.5 MB\./],
    [
      'a PDF of 5 MB',
      'us.meta.llama4-scout-17b-instruct-v1:0',
      document('pdf', 5_000_000),
      /^The maximum document size is 4\.5 MB\./,
    ],
    ['21 images', 'anthropic.claude-3-5-sonnet-20241022-v2:0', withContent(...images(21)), /21 \+ 0 > 20/],
  ])('forbid %s for %s', async (_name, modelId, body, message) => {
    await expectRefusal(`/model/${modelId}/converse`, body, message)
  })
})

describe('model ids', () => {
  test.each([
    'nonsense',
    'acme.model-1',
    '%00',
    'us.',
    'us.acme.model',
    'anthropic.',
    'arn:aws:bedrock:us-east-1:123456789012:agent/abc',
    'arn:aws:bedrock:us-east-1::foundation-model/us.anthropic.claude-3',
    'arn:aws:bedrock:us-east-1:123456789012:foundation-model/amazon.nova-lite-v1:0',
    'arn:aws:bedrock:::foundation-model/amazon.nova-lite-v1:0',
    'arn:aws:bedrock:us-east-1::inference-profile/us.amazon.nova-lite-v1:0',
    'arn:aws:bedrock:us-east-1::imported-model/abcdefghijkl',
    'arn:aws:sagemaker:us-east-1::endpoint/my-endpoint',
    'anthropic.claude-sonnet-4-5',
    'us.amazon.nova-lite-v1',
    'amazon.nova-lite-v1:99',
    'amazon.nova-lite-v9',
    'us.anthropic.claude-sonet-4-6',
    'anthropic.claude-opus-9',
    `${'a'.repeat(2_049)}`,
  ])('%s is refused', async (modelId) => {
    await expectRefusal(
      `/model/${modelId.replaceAll('/', '%2F')}/converse`,
      { messages: [user] },
      /^The provided model identifier is invalid\.$/,
    )
  })

  test.each(['converse', 'invoke'])('%s refuses the bare id of a model that needs a profile', async (action) => {
    const bare = 'anthropic.claude-sonnet-4-5-20250929-v1:0'
    const message = `Invocation of model ID ${bare} with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.`

    expect(await post(emulator.url, `/model/${bare}/${action}`, { messages: [user] })).toMatchObject({
      status: 400,
      body: { message },
    })
  })
})

describe('bodies', () => {
  test.each<[string, string | Uint8Array]>([
    ['nothing', ''],
    ['half a JSON', '{"messages":'],
    ['a list', '[]'],
    ['null', 'null'],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['100,000 nested lists', `{"messages":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['deep objects', `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`],
  ])('of %s are refused as malformed', async (_name, body) => {
    for (const action of ['converse', 'invoke']) {
      await expectRefusal(`/model/${NOVA}/${action}`, body, /^Malformed input request: /)
    }
  })

  test('with brackets inside strings are not nested', async () => {
    const text = `\\" ${'['.repeat(5_000)} \\\\`

    expect(await post(emulator.url, `/model/${NOVA}/converse`, { messages: [userMessage(text)] })).toMatchObject({
      status: 200,
    })
  })

  test('with member names of Object.prototype are harmless', async () => {
    const body = `{"__proto__":{"polluted":1},"messages":[{"role":"user","content":[{"text":"use constructor"}]}],
      "toolConfig":{"tools":[{"toolSpec":{"name":"constructor","inputSchema":{"json":
      {"type":"object","properties":{"__proto__":{"type":"string"}},"required":["__proto__","toString"]}}}}]},
      "additionalModelResponseFieldPaths":["/__proto__/polluted","/constructor"]}`

    const reply = await post(emulator.url, `/model/${NOVA}/converse`, body)

    expect(reply.status).toBe(200)
    expect(reply.body.output.message.content).toHaveLength(2)
    expect(reply.body).not.toHaveProperty('additionalModelResponseFields')
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    await expectRefusal(
      `/model/${NOVA}/converse`,
      { messages: [{ role: 'user', content: [{ constructor: 1 }] }] },
      /found: \[constructor\]/,
    )
  })
})

describe('native bodies', () => {
  const claude = {
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 10,
    messages: [{ role: 'user', content: 'Hello' }],
  }

  test.each<[string, string, unknown, RegExp]>([
    ['missing max_tokens', CLAUDE, { ...claude, max_tokens: undefined }, /^max_tokens: Field required$/],
    ['missing messages', CLAUDE, { ...claude, messages: undefined }, /^messages: Field required$/],
    ['a missing version', CLAUDE, { ...claude, anthropic_version: undefined }, /anthropic_version: Field required/],
    [
      'another version',
      CLAUDE,
      { ...claude, anthropic_version: '2023-06-01' },
      /anthropic_version: '2023-06-01' is not allowed/,
    ],
    ['model', CLAUDE, { ...claude, model: 'claude' }, /model: Extra inputs are not permitted/],
    ['stream', CLAUDE, { ...claude, stream: true }, /stream: Extra inputs are not permitted/],
    ['max_tokens as text', CLAUDE, { ...claude, max_tokens: '10' }, /^max_tokens: Input should be a valid integer$/],
    [
      'an unknown block',
      CLAUDE,
      { ...claude, messages: [{ role: 'user', content: [{ type: 'hologram' }] }] },
      /messages\.0\.content\.0\.type: 'hologram' is not allowed/,
    ],
    [
      'empty text',
      CLAUDE,
      { ...claude, messages: [{ role: 'user', content: '' }] },
      /^messages\.0: all messages must have non-empty content except for the optional final assistant message$/,
    ],
    [
      'an unanswered tool use',
      CLAUDE,
      {
        ...claude,
        tools: [{ name: 'a', input_schema: {} }],
        messages: [
          ...claude.messages,
          { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'a', input: {} }] },
          claude.messages[0],
        ],
      },
      /^messages\.1: `tool_use` ids were found without `tool_result` blocks immediately after: t1\. Each `tool_use` block must have a corresponding `tool_result` block in the next message\.$/,
    ],
    [
      'a result of another tool use',
      CLAUDE,
      {
        ...claude,
        tools: [{ name: 'a', input_schema: {} }],
        messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 't9', content: 'x' }] }],
      },
      /^messages\.0\.content\.0: unexpected `tool_use_id` found in `tool_result` blocks: t9\. Each `tool_result` block must have a corresponding `tool_use` block in the previous message\.$/,
    ],
    ['no Nova messages', NOVA, { inferenceConfig: {} }, /#: required key \[messages\] not found/],
    [
      'a wrong Nova type',
      NOVA,
      { messages: [user], inferenceConfig: { maxTokens: 'x' } },
      /#\/inferenceConfig\/maxTokens: expected type: Integer, found: String/,
    ],
    ['no Llama prompt', 'meta.llama3-1-8b-instruct-v1:0', { max_gen_len: 5 }, /#: required key \[prompt\] not found/],
    [
      'Titan dimensions',
      'amazon.titan-embed-text-v2:0',
      { inputText: 'x', dimensions: 300 },
      /#\/dimensions: 300 is not one of 256, 512, 1024/,
    ],
    ['no Cohere input', 'cohere.embed-english-v3', { input_type: 'search_query' }, /required key \[texts\]/],
    [
      '97 Cohere texts',
      'cohere.embed-english-v3',
      { input_type: 'search_query', texts: Array(97).fill('x') },
      /#\/texts: expected maximum item count: 96, found: 97/,
    ],
    ['no OpenAI messages', 'openai.gpt-oss-20b-1:0', {}, /required key \[messages\] not found/],
    [
      'an OpenAI image by address',
      'qwen.qwen3-vl-235b-a22b',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://a/b.png' } }] }] },
      /expected a data URL/,
    ],
    [
      'a model that the emulator does not serve',
      'amazon.nova-sonic-v1:0',
      { prompt: 'x' },
      /^The Bedrock emulator does not serve InvokeModel of amazon\.nova-sonic-v1:0\./,
    ],
    [
      'a model that is only asynchronous',
      'amazon.nova-reel-v1:1',
      { taskType: 'TEXT_VIDEO' },
      /^The Bedrock emulator does not serve InvokeModel of amazon\.nova-reel-v1:1\. Use StartAsyncInvoke\.$/,
    ],
  ])('are refused: %s', async (_name, modelId, body, message) => {
    await expectRefusal(`/model/${modelId}/invoke`, body, message)
  })
})

async function expectRefusal(path: string, body: unknown, message: RegExp): Promise<void> {
  const reply = await post(emulator.url, path, body as Uint8Array)
  expect(reply.body).toEqual({ message: expect.stringMatching(message) })
  expect(reply.status).toBe(400)
  expect(reply.headers.get('x-amzn-errortype')).toBe('ValidationException')
}

function padded(start: Buffer, length: number): string {
  return Buffer.concat([start, Buffer.alloc(length - start.length)]).toString('base64')
}

function widePng(width = 9_000): string {
  const wide = Buffer.from(PNG)
  wide.writeUInt32BE(width, 16)
  return wide.toString('base64')
}
