import { CLAUDE, NOVA, PDF, PNG, post, useEmulator, userMessage } from './support.ts'

const emulator = useEmulator()

const SONNET_4_6 = 'us.anthropic.claude-sonnet-4-6'
const NOVA_2 = 'us.amazon.nova-2-lite-v1:0'
const LLAMA = 'us.meta.llama4-maverick-17b-instruct-v1:0'
const PIXTRAL = 'us.mistral.pixtral-large-2502-v1:0'
const PALMYRA = 'us.writer.palmyra-x5-v1:0'
const GPT_OSS = 'openai.gpt-oss-120b-1:0'
const GLM = 'zai.glm-4.7'
const QWEN = 'qwen.qwen3-32b-v1:0'
const TITAN = 'amazon.titan-text-express-v1'

const SERVED = undefined
const FIRST_ROLE =
  'A conversation must start with a user message. Try again with a conversation that starts with a user message.'
const NOT_ALONE = 'Conversation blocks and tool result blocks cannot be provided in the same turn.'
const NO_STATUS = "This model doesn't support the status field. Remove status and try again."
const NO_VIDEO =
  "This model doesn't support the video content block that you provided. Update the content block and try again."
const NO_S3 = "This model doesn't support the s3Uri field. Remove s3Uri and try again."
const NO_RESULT =
  'The model returned the following errors: Malformed input request: #/messages/2/content/0: extraneous key [toolResult] is not permitted, please reformat your input and try again.'
const WHITESPACE =
  'The model returned the following errors: messages: text content blocks must contain non-whitespace text'
const BLANK_STOP =
  'The model returned the following errors: stop_sequences: each stop sequence must contain non-whitespace'
const TRAILING =
  'The model returned the following errors: messages: final assistant content cannot end with trailing whitespace'

const user = userMessage('Hello')
const assistant = { role: 'assistant', content: [{ text: 'Hi' }] }
const toolConfig = { tools: [{ toolSpec: { name: 'look_up', inputSchema: { json: { type: 'object' } } } }] }
const toolUse = { toolUse: { toolUseId: 't1', name: 'look_up', input: {} } }
const toolResult = { toolResult: { toolUseId: 't1', content: [{ text: 'x' }] } }
const s3Location = { uri: 's3://bucket/file' }
const inS3 = { source: { s3Location } }
const png = { format: 'png', source: { bytes: PNG.toString('base64') } }
const pdf = { format: 'pdf', name: 'Report', source: { bytes: PDF.toString('base64') } }
const txt = { format: 'txt', name: 'Note', source: { bytes: 'aGVsbG8=' } }
const video = { format: 'mp4', source: { bytes: 'AAAAGGZ0eXBpc29t' } }

const content = (...blocks: unknown[]) => ({ messages: [{ role: 'user', content: blocks }] })
const afterTool = (...blocks: unknown[]) => ({
  messages: [user, { role: 'assistant', content: [toolUse] }, { role: 'user', content: blocks }],
  toolConfig,
})
const resultWith = (...blocks: unknown[]) => afterTool({ toolResult: { toolUseId: 't1', content: blocks } })
const withSchema = (schema: object) => ({
  messages: [user],
  outputConfig: {
    textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: JSON.stringify(schema) } } },
  },
})
const objectOf = (properties: object) => ({ type: 'object', properties, additionalProperties: false })
const schemaFault = (fault: string) => `The model returned the following errors: output_config.format.schema: ${fault}`

describe('turns of a conversation', () => {
  test.each<[string, string, object, string | undefined]>([
    ['an assistant first', CLAUDE, { messages: [assistant, user] }, SERVED],
    ['an assistant first', QWEN, { messages: [assistant, user] }, SERVED],
    ['an assistant first', GLM, { messages: [assistant, user] }, SERVED],
    ['an assistant first', NOVA, { messages: [assistant, user] }, FIRST_ROLE],
    ['an assistant first', LLAMA, { messages: [assistant, user] }, FIRST_ROLE],
    ['an assistant first', PIXTRAL, { messages: [assistant, user] }, FIRST_ROLE],
    ['two users in a row', CLAUDE, { messages: [user, user] }, SERVED],
    ['two users in a row', TITAN, { messages: [user, user] }, SERVED],
    ['a blank text beside others', CLAUDE, content({ text: 'Hello' }, { text: '\n' }), SERVED],
    ['a blank text alone', CLAUDE, content({ text: ' \n' }), WHITESPACE],
    [
      'a blank text alone',
      NOVA,
      content({ text: ' ' }),
      'The text field in the ContentBlock object at messages.0.content.0 is blank. Add text to the text field, and try again.',
    ],
    ['a tool result beside text', CLAUDE, afterTool(toolResult, { text: 'Go on' }), SERVED],
    ['a tool result beside text', NOVA, afterTool(toolResult, { text: 'Go on' }), SERVED],
    ['a tool result beside text', LLAMA, afterTool(toolResult, { text: 'Go on' }), NOT_ALONE],
    ['a tool result beside text', PIXTRAL, afterTool(toolResult, { text: 'Go on' }), NOT_ALONE],
    ['a tool result beside text', PALMYRA, afterTool(toolResult, { text: 'Go on' }), NOT_ALONE],
    [
      'text in the message behind a tool result',
      LLAMA,
      { messages: [...afterTool(toolResult).messages, user], toolConfig },
      NOT_ALONE,
    ],
    ['a tool result alone', LLAMA, afterTool(toolResult), SERVED],
    [
      'the status of a result',
      PALMYRA,
      afterTool({ toolResult: { ...toolResult.toolResult, status: 'success' } }),
      NO_STATUS,
    ],
    [
      'the status of a result',
      LLAMA,
      afterTool({ toolResult: { ...toolResult.toolResult, status: 'success' } }),
      SERVED,
    ],
    [
      'a document name with an underscore',
      CLAUDE,
      content({ text: 'Read' }, { document: { ...pdf, name: 'a_b' } }),
      SERVED,
    ],
    [
      'an answer that ends in a space',
      CLAUDE,
      { messages: [user, { role: 'assistant', content: [{ text: 'So ' }] }] },
      TRAILING,
    ],
    [
      'an answer that ends in a space',
      NOVA,
      { messages: [user, { role: 'assistant', content: [{ text: 'So ' }] }] },
      SERVED,
    ],
    [
      'an answer at the end',
      SONNET_4_6,
      { messages: [user, assistant] },
      'The model returned the following errors: This model does not support assistant message prefill. The conversation must end with a user message.',
    ],
    ['an answer at the end', CLAUDE, { messages: [user, assistant] }, SERVED],
    [
      'a blank stop sequence',
      CLAUDE,
      { messages: [user], inferenceConfig: { stopSequences: ['END', '\n'] } },
      BLANK_STOP,
    ],
    ['a blank stop sequence', NOVA, { messages: [user], inferenceConfig: { stopSequences: ['\n'] } }, SERVED],
  ])('with %s are served or refused by %s', expectConverse)

  test('with the result of a tool that the provider runs are served in the answer', async () => {
    const messages = [
      user,
      {
        role: 'assistant',
        content: [
          { toolUse: { toolUseId: 's1', name: 'nova_code_interpreter', input: {}, type: 'server_tool_use' } },
          { toolResult: { toolUseId: 's1', content: [{ json: {} }], type: 'nova_code_interpreter_result' } },
          toolUse,
        ],
      },
      { role: 'user', content: [toolResult, { text: 'Go on' }] },
    ]
    const tools = [...toolConfig.tools, { systemTool: { name: 'nova_code_interpreter' } }]

    await expectConverse('', NOVA_2, { messages, toolConfig: { tools } }, SERVED)
    const own = { role: 'assistant', content: [toolUse, toolResult] }
    expect(await post(emulator.url, `/model/${NOVA_2}/converse`, { messages: [user, own], toolConfig })).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('only allowed in messages of the user role') },
    })
  })
})

test('results of parallel tool uses may be in consecutive messages of a native body, and not of Converse', async () => {
  const uses = ['t1', 't2'].map((id) => ({ type: 'tool_use', id, name: 'look_up', input: {} }))
  const results = ['t1', 't2'].map((id) => ({
    role: 'user',
    content: [{ type: 'tool_result', tool_use_id: id, content: 'x' }],
  }))
  const native = {
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 100,
    tools: [{ name: 'look_up', input_schema: { type: 'object' } }],
    messages: [{ role: 'user', content: 'Hello' }, { role: 'assistant', content: uses }, ...results],
  }
  const other = { toolUse: { ...toolUse.toolUse, toolUseId: 't2' } }
  const otherResult = { toolResult: { ...toolResult.toolResult, toolUseId: 't2' } }
  const messages = [
    user,
    { role: 'assistant', content: [toolUse, other] },
    { role: 'user', content: [toolResult] },
    { role: 'user', content: [otherResult] },
  ]

  expect(await post(emulator.url, `/model/${CLAUDE}/invoke`, native)).toMatchObject({ status: 200 })
  await expectConverse(
    '',
    CLAUDE,
    { messages, toolConfig },
    'Expected toolResult blocks at messages.2.content for the following Ids: t2',
  )
})

describe('media of a conversation', () => {
  const image = { image: { format: 'png', ...inS3 } }
  const document = { document: { format: 'pdf', name: 'Report', ...inS3 } }
  const film = { video: { format: 'mp4', ...inS3 } }

  test.each<[string, string, object, string | undefined]>([
    ['a video', CLAUDE, content({ text: 'See' }, { video }), NO_VIDEO],
    ['a video in a result', CLAUDE, resultWith({ video }), NO_VIDEO],
    ['a video', NOVA, content({ text: 'See' }, { video }), SERVED],
    ['an image in S3', CLAUDE, content({ text: 'See' }, image), NO_S3],
    ['an image in S3, in a result', CLAUDE, resultWith(image), NO_S3],
    ['an image in S3', NOVA, content({ text: 'See' }, image), SERVED],
    ['an image in S3, in a result', NOVA_2, resultWith(image), SERVED],
    [
      'a document in S3',
      CLAUDE,
      content({ text: 'Read' }, document),
      'The model returned the following errors: messages.0.content.1.document.source.type: Field required',
    ],
    ['a document in S3', NOVA_2, content({ text: 'Read' }, document), SERVED],
    ['a document in S3, in a result', NOVA_2, resultWith(document), NO_RESULT],
    ['a PDF in a result', NOVA_2, resultWith({ document: pdf }), NO_RESULT],
    ['a PDF in a result', CLAUDE, resultWith({ document: pdf }), SERVED],
    ['a text in a result', NOVA_2, resultWith({ document: txt }), SERVED],
    ['a video in S3, in a result', NOVA_2, resultWith(film), NO_RESULT],
    ['an image in a result', NOVA_2, resultWith({ image: png }), SERVED],
    [
      'a document with guarded text',
      NOVA,
      content({ guardContent: { text: { text: 'Read' } } }, { document: pdf }),
      SERVED,
    ],
  ])('with %s is served or refused by %s', expectConverse)
})

describe('the schema of a structured output', () => {
  test.each<[string, string, object, string | undefined]>([
    ['a closed object', CLAUDE, objectOf({ a: { type: 'string', minLength: 1 } }), SERVED],
    [
      'an open object',
      CLAUDE,
      { type: 'object', properties: {} },
      schemaFault("For 'object' type, 'additionalProperties' must be explicitly set to false"),
    ],
    [
      'an open object inside',
      CLAUDE,
      objectOf({ a: { type: 'array', items: { type: 'object', additionalProperties: true } } }),
      schemaFault("For 'object' type, 'additionalProperties' must be explicitly set to false"),
    ],
    ['an open object', GPT_OSS, { type: 'object', properties: {} }, SERVED],
    [
      'bounds of a number',
      CLAUDE,
      objectOf({ a: { type: 'number', minimum: 0, maximum: 1 } }),
      schemaFault("For 'number' type, properties maximum, minimum are not supported"),
    ],
    [
      'a bound of an integer in a definition',
      CLAUDE,
      { ...objectOf({ a: { $ref: '#/$defs/b' } }), $defs: { b: { type: 'integer', minimum: 0 } } },
      schemaFault("For 'integer' type, properties minimum are not supported"),
    ],
    [
      'a list of at least two',
      CLAUDE,
      objectOf({ a: { type: 'array', items: { type: 'string' }, minItems: 2 } }),
      schemaFault("For 'array' type, 'minItems' values other than 0 or 1 are not supported"),
    ],
    ['a list of at least one', CLAUDE, objectOf({ a: { type: 'array', items: {}, minItems: 1 } }), SERVED],
  ])('with %s is served or refused by %s', async (name, modelId, schema, message) => {
    await expectConverse(name, modelId, withSchema(schema), message)
  })

  test('is checked in native bodies, too', async () => {
    const reply = await post(emulator.url, `/model/${CLAUDE}/invoke`, {
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Hello' }],
      output_config: { format: { type: 'json_schema', schema: { type: 'object' } } },
    })

    expect(reply).toMatchObject({
      status: 400,
      body: { message: expect.stringMatching(/^output_config\.format\.schema/) },
    })
  })
})

describe('text with a lone surrogate', () => {
  const fault = (position: number) =>
    `The request body is not valid JSON: no low surrogate in string: line 1 column ${position + 1} (char ${position})`
  const converse = (text: string) => `{"messages":[{"role":"user","content":[{"text":"${text}"}]}]}`
  const native = `{"anthropic_version":"bedrock-2023-05-31","max_tokens":9,"messages":[{"role":"user","content":"a\\ud83d"}]}`

  test.each<[string, string, string, string | undefined]>([
    ['high', CLAUDE, converse('a\\ud83d b'), `The model returned the following errors: ${fault(49)}`],
    ['low', CLAUDE, converse('a\\ude00'), `The model returned the following errors: ${fault(49)}`],
    [
      'high',
      GPT_OSS,
      converse('a\\ud83d'),
      "The model returned the following errors: Invalid 'messages': unexpected end of hex escape",
    ],
    ['high', NOVA, converse('a\\ud83d'), SERVED],
    ['paired', CLAUDE, converse('a\\ud83d\\ude00'), SERVED],
  ])('(%s) is served or refused by %s', async (_name, modelId, body, message) => {
    const reply = await post(emulator.url, `/model/${modelId}/converse`, body)
    expect(reply.body.message).toBe(message)
  })

  test('is refused in native bodies, too', async () => {
    expect(await post(emulator.url, `/model/${CLAUDE}/invoke`, native)).toMatchObject({
      status: 400,
      body: { message: fault(native.indexOf('\\u')) },
    })
  })
})

test.each(['converse', 'invoke', 'converse-stream', 'count-tokens'])(
  '%s of an ARN with a raw slash is no operation',
  async (action) => {
    const arn = `arn:aws:bedrock:us-east-1:123456789012:inference-profile/${CLAUDE}`
    const raw = await post(emulator.url, `/model/${arn}/${action}`, { messages: [user] })
    const encoded = await post(emulator.url, `/model/${encodeURIComponent(arn)}/converse`, { messages: [user] })

    expect(raw).toMatchObject({ status: 404 })
    expect(raw.headers.get('x-amzn-errortype')).toBe('UnknownOperationException')
    expect(encoded.status).toBe(200)
  },
)

test('CountTokens refuses tools that Anthropic runs itself', async () => {
  const modelId = 'anthropic.claude-sonnet-4-20250514-v1:0'
  const count = (tool: object) => {
    const body = JSON.stringify({
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 10,
      messages: [{ role: 'user', content: 'Hello' }],
      tools: [tool],
    })
    const input = { invokeModel: { body: Buffer.from(body).toString('base64') } }
    return post(emulator.url, `/model/${modelId}/count-tokens`, { input })
  }

  expect(await count({ type: 'web_search_20250305', name: 'web_search' })).toMatchObject({
    status: 400,
    body: {
      message:
        "tools.0: Input tag 'web_search_20250305' found using 'type' does not match any of the expected tags: 'bash_20250124', 'custom', 'text_editor_20250124', 'text_editor_20250429', 'text_editor_20250728'",
    },
  })
  expect(await count({ type: 'bash_20250124', name: 'bash' })).toMatchObject({ status: 200 })
  expect(await post(emulator.url, `/model/us.${modelId}/count-tokens`, { input: {} })).toMatchObject({
    status: 400,
    body: { message: "The provided model doesn't support counting tokens." },
  })
})

async function expectConverse(
  _name: string,
  modelId: string,
  body: object,
  message: string | undefined,
): Promise<void> {
  const reply = await post(emulator.url, `/model/${modelId}/converse`, body)
  if (message === undefined) {
    expect(reply.body.message).toBeUndefined()
    expect(reply.status).toBe(200)
    return
  }
  expect(reply.body).toEqual({ message })
  expect(reply.status).toBe(400)
  expect(reply.headers.get('x-amzn-errortype')).toBe('ValidationException')
}
