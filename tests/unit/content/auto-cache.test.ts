import { cacheRule } from '../../../layers/runtime/src/models/model-rules.ts'
import { assistant, HAIKU, HELLO, image, NOVA, pass, user } from './support.ts'

const HEADER = 'x-bedrock-functions-auto-cache'
const headers = { [HEADER]: 'true' }
/** About 5,000 tokens by the estimate of 4 bytes each. */
const LONG = { text: 'word '.repeat(4_000) }
const POINT = { cachePoint: { type: 'default' } }
const tool = (description = 'short') => ({ toolSpec: { name: 'f', description, inputSchema: { json: {} } } })

const placed = async (body: object, modelId = HAIKU) => {
  const { text, replyHeaders } = await pass(body, { modelId, headers })
  return { body: JSON.parse(text) as unknown, report: replyHeaders[HEADER] }
}

test('points follow tools, system and the two user turns before the newest', async () => {
  const tools = [tool(LONG.text)]
  const messages = [
    user(HELLO),
    assistant(HELLO),
    user(HELLO),
    assistant(HELLO),
    user(HELLO),
    assistant(HELLO),
    user(HELLO),
  ]
  const { body, report } = await placed({ toolConfig: { tools }, system: [HELLO], messages })

  expect(report).toBe('toolConfig.tools, system, messages.2.content, messages.4.content')
  expect(body).toEqual({
    toolConfig: { tools: [...tools, POINT] },
    system: [HELLO, POINT],
    messages: messages.map((message, index) => (index === 2 || index === 4 ? user(HELLO, POINT) : message)),
  })
})

test('the next request reads what this one has written', async () => {
  const turns = [user(LONG), assistant(HELLO), user(HELLO), assistant(HELLO), user(HELLO)]
  const now = await placed({ messages: turns })
  const next = await placed({ messages: [...turns, assistant(HELLO), user(HELLO)] })
  expect(now.report).toBe('messages.0.content, messages.2.content')
  expect(next.report).toBe('messages.2.content, messages.4.content')
})

test.each([
  ['no prefix is long enough', { system: [HELLO], messages: [user(LONG)] }, 'none: no prefix of about 4096 tokens'],
  ['the newest turn alone is long', { messages: [user(HELLO), assistant(HELLO), user(LONG)] }, 'none: no prefix'],
  ['the caller has set one', { system: [LONG], messages: [user(HELLO, POINT)] }, 'none: the request has its own'],
  [
    'media alone are not many tokens',
    { messages: [user(image({ bytes: 'A'.repeat(40_000) })), assistant(HELLO), user(HELLO)] },
    'none: no prefix',
  ],
])('no point is added if %s', async (_name, body, report) => {
  const passed = await pass(body, { headers })
  expect(JSON.parse(passed.text)).toEqual(body)
  expect(passed.replyHeaders[HEADER]).toContain(report)
})

test('no point is added for models that are not known to cache', async () => {
  const { report } = await placed({ system: [LONG], messages: [user(HELLO)] }, 'openai.gpt-oss-120b-1:0')
  expect(report).toBe('none: the model is not known to cache prompts')
})

test('Nova gets no point after its tools', async () => {
  const { report } = await placed(
    { toolConfig: { tools: [tool(LONG.text)] }, system: [HELLO], messages: [user(HELLO)] },
    NOVA,
  )
  expect(report).toBe('system')
})

test('Nova gets no point behind the results of tools', async () => {
  const use = { toolUse: { toolUseId: '1', name: 'f', input: {} } }
  const result = { toolResult: { toolUseId: '1', content: [HELLO] } }
  const messages = [user(LONG), assistant(use), user(result), assistant(HELLO), user(HELLO)]
  const body = { toolConfig: { tools: [tool()] }, messages }
  expect((await placed(body, NOVA)).report).toBe('messages.0.content')
  expect((await placed(body)).report).toBe('messages.0.content, messages.2.content')
})

test('the rest of the document stays byte for byte', async () => {
  const body = `{"n":1.0, "system":[ {"text":"${LONG.text}"} ],"messages":[]}`
  expect((await pass(body, { headers })).text).toBe(
    `{"n":1.0, "system":[ {"text":"${LONG.text}"} ,{"cachePoint":{"type":"default"}}],"messages":[]}`,
  )
})

describe('automatic caching', () => {
  const body = { system: [LONG], messages: [user(HELLO)] }

  test('adds nothing by default', async () => expect(await pass(body)).toMatchObject({ isUntouched: true }))

  test("is on by the stack's setting unless the request declines", async () => {
    const stack = { autoCache: true }
    expect((await pass(body, {}, stack)).replyHeaders[HEADER]).toBe('system')
    expect(await pass(body, { headers: { [HEADER]: 'false' } }, stack)).toMatchObject({ isUntouched: true })
  })

  test('does not change InvokeModel', async () => {
    expect(await pass(body, { headers, operation: 'InvokeModel' })).toMatchObject({ isUntouched: true })
  })

  test('refuses another value', async () => {
    await expect(pass(body, { headers: { [HEADER]: 'yes' } })).rejects.toThrow('must be true or false')
  })
})

test.each([
  ['global.anthropic.claude-opus-5', 512],
  ['us.anthropic.claude-sonnet-5-5', 512],
  ['us.anthropic.claude-fable-5-1', 512],
  ['us.anthropic.claude-sonnet-5', 1_024],
  ['us.anthropic.claude-opus-4-8', 1_024],
  ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 1_024],
  ['us.anthropic.claude-3-7-sonnet-20250219-v1:0', 1_024],
  ['us.anthropic.claude-opus-4-6-v1', 4_096],
  [HAIKU, 4_096],
  ['us.anthropic.claude-opus-5-5', 4_096],
  ['arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0', 1_024],
  ['eu.amazon.nova-micro-v1:0', 1_536],
  ['us.amazon.nova-2-lite-v1:0', 1_024],
  ['amazon.nova-2-multimodal-embeddings-v1:0', undefined],
  ['anthropic.claude-v2:1', undefined],
  ['meta.llama3-3-70b-instruct-v1:0', undefined],
  ['arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc', undefined],
])('%s caches prefixes of %s tokens', (modelId, tokens) => expect(cacheRule(modelId)?.minimumTokens).toBe(tokens))
