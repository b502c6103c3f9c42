import OpenAI from 'openai'
import type { ResponseCreateParamsBase, ResponseInputItem, Tool } from 'openai/resources/responses/responses'
import { createResponses } from '../../../layers/runtime/src/doors/openai-responses/responses.ts'
import { createSealer } from '../../../layers/runtime/src/doors/openai-responses/seal-reasoning.ts'
import { startEmulator } from '../bedrock-emulator/support.ts'
import { serveDoors } from './serve-door.ts'

/** OpenAI's own client against the door, the stack's pipeline and the emulator. */
let client: OpenAI
let url: string
const closing: (() => Promise<void>)[] = []

beforeAll(async () => {
  const emulator = await startEmulator()
  const doors = [createResponses({ sealer: createSealer(['secret']) })]
  const server = await serveDoors({ doors, bedrockUrl: emulator.url })
  closing.push(server.close, emulator.close)
  ;({ url } = server)
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'local', maxRetries: 0 })
})
afterAll(async () => {
  for (const close of closing) await close()
})

const CLAUDE = 'claude-haiku-4-5'
const MODELS = [CLAUDE, 'claude-sonnet-5', 'nova-lite', 'llama3-3-70b-instruct', 'mistral-large', 'gpt-oss']
const CAPITAL = 'What is the capital of France?'
const WEATHER = 'What is the weather in Paris? [emulator:tool=get_weather {"city":"Paris"}]'

const TOOL: Tool = {
  type: 'function',
  name: 'get_weather',
  description: 'Weather of a city',
  strict: null,
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}

/** Answers a request whole, or as a stream. */
function ask(stream: boolean, request: Omit<ResponseCreateParamsBase, 'stream'>) {
  return stream
    ? client.responses.stream(request as never).finalResponse()
    : client.responses.create({ ...request, stream: false })
}

test.each(MODELS)('%s answers', async (model) => {
  const response = await client.responses.create({ model, instructions: 'Be brief.', input: CAPITAL })
  expect(response.output_text).toContain('Paris')
  expect(response.status).toBe('completed')
  expect(response.usage?.total_tokens).toBeGreaterThan(0)
})

test.each(MODELS)('%s streams', async (model) => {
  const response = await client.responses.stream({ model, input: CAPITAL }).finalResponse()
  expect(response.output_text).toContain('Paris')
  expect(response.usage?.output_tokens).toBeGreaterThan(0)
})

describe.each(MODELS)('%s', (model) => {
  test.each([false, true])('uses tools over several turns (stream: %s)', async (stream) => {
    const input: ResponseInputItem[] = [{ role: 'user', content: WEATHER }]
    const first = await ask(stream, { model, input, tools: [TOOL] })
    const call = first.output.find((item) => item.type === 'function_call')
    if (call?.type !== 'function_call') throw new Error('no function call')
    expect(call.name).toBe('get_weather')
    expect(JSON.parse(call.arguments)).toEqual({ city: 'Paris' })
    const second = await ask(stream, {
      model,
      input: [
        ...input,
        ...(first.output as ResponseInputItem[]),
        { type: 'function_call_output', call_id: call.call_id, output: '21 degrees' },
      ],
      tools: [TOOL],
    })
    expect(second.output_text).toContain('21 degrees')
  })
})

test('reasoning with a signature comes back sealed, and continues a turn with tools', async () => {
  const request = {
    model: CLAUDE,
    max_output_tokens: 4_000,
    tools: [TOOL],
    reasoning: { effort: 'low' as const, summary: 'auto' as const },
    include: ['reasoning.encrypted_content' as const],
    store: false,
  }
  const input: ResponseInputItem[] = [{ role: 'user', content: 'What is the weather in Paris?' }]
  const first = await ask(true, { ...request, input })
  const [reasoning, call] = [first.output[0], first.output.find((item) => item.type === 'function_call')]
  if (reasoning?.type !== 'reasoning' || call?.type !== 'function_call') throw new Error('no reasoning')
  expect(reasoning.summary[0]?.text).not.toBe('')
  expect(reasoning.encrypted_content).toMatch(/^[A-Za-z0-9+/]+=*$/)
  const output: ResponseInputItem = { type: 'function_call_output', call_id: call.call_id, output: '21 degrees' }
  const items = [...input, ...(first.output as ResponseInputItem[]), output]
  const second = await ask(true, { ...request, input: items })
  expect(second.output_text).toContain('21 degrees')

  const sealed = reasoning.encrypted_content ?? ''
  const forged = { ...reasoning, encrypted_content: `${sealed.slice(0, -8)}AAAAAAA=` }
  await expect(ask(false, { ...request, input: [...input, forged, call, output] })).rejects.toMatchObject({
    status: 400,
    code: 'invalid_encrypted_content',
    param: 'input[1].encrypted_content',
  })
})

test.each([CLAUDE, 'nova-lite', 'gpt-oss'])('%s answers in the format of a schema', async (model) => {
  const response = await client.responses.parse({
    model,
    input: 'Paris [emulator:say={"city":"Paris"}]',
    text: {
      format: {
        type: 'json_schema',
        name: 'place',
        strict: true,
        schema: {
          type: 'object',
          properties: { city: { type: 'string' } },
          required: ['city'],
          additionalProperties: false,
        },
      },
    },
  })
  expect(Object.keys(response.output_parsed as object)).toEqual(['city'])
})

test('a failure before the stream is an error with its status', async () => {
  const failing = (name: string) => client.responses.create({ model: CLAUDE, input: `x [emulator:error=${name}]` })
  await expect(failing('ThrottlingException')).rejects.toBeInstanceOf(OpenAI.RateLimitError)
  await expect(failing('AccessDeniedException')).rejects.toBeInstanceOf(OpenAI.PermissionDeniedError)
  await expect(client.responses.create({ model: 'nothing', input: 'x' })).rejects.toMatchObject({ param: null })
})

test.each(['exception=ThrottlingException@4', 'reset@4', 'end@4', 'badcrc@4'])(
  'a stream with the fault %s ends with exactly one response.failed',
  async (fault) => {
    const stream = await client.responses.create({
      model: CLAUDE,
      input: `Tell me more [emulator:${fault}]`,
      stream: true,
    })
    const events = []
    for await (const event of stream) events.push(event)
    const types = events.map(({ type }) => type)
    expect(types.slice(0, 2)).toEqual(['response.created', 'response.in_progress'])
    expect(types.filter((type) => /completed|incomplete|failed|^error/.test(type))).toEqual(['response.failed'])
    expect(events.map((event) => 'sequence_number' in event && event.sequence_number)).toEqual([...events.keys()])
    expect(types.at(-1)).toBe('response.failed')
  },
)

/** Request with the members, tools and items of Codex's CLI 0.171, recorded, and a custom tool. */
const CODEX = {
  model: CLAUDE,
  instructions: 'You are Codex, a coding agent.',
  tools: [
    {
      type: 'function',
      name: 'exec_command',
      description: 'Runs a command.',
      strict: false,
      parameters: { type: 'object', properties: { cmd: { type: 'string' } }, required: ['cmd'] },
    },
    {
      type: 'custom',
      name: 'apply_patch',
      description: 'Edits files.',
      format: { type: 'grammar', syntax: 'lark', definition: 'start: begin hunk end' },
    },
    {
      type: 'namespace',
      name: 'mcp__files',
      description: 'Files.',
      tools: [{ type: 'function', name: 'read', strict: false, parameters: { type: 'object', properties: {} } }],
    },
  ],
  tool_choice: 'auto',
  parallel_tool_calls: true,
  reasoning: null,
  store: false,
  stream: true,
  include: ['reasoning.encrypted_content'],
  prompt_cache_key: '0199',
  client_metadata: { 'x-codex-installation-id': '1' },
}

async function codex(input: readonly object[]) {
  const response = await fetch(`${url}/v1/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', originator: 'codex_cli_rs' },
    body: JSON.stringify({ ...CODEX, input }),
  })
  const text = await response.text()
  const events = text.split('\n\n').filter((event) => event !== '')
  const parsed = events.map((event) => JSON.parse(event.slice(event.indexOf('data: ') + 'data: '.length)))
  const done = parsed.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item)
  return { status: response.status, done, last: parsed.at(-1) }
}

test('Codex calls a function, a custom tool and a tool of a namespace in turns', async () => {
  const say = (text: string) => ({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] })
  const context = [
    { type: 'message', role: 'developer', content: [{ type: 'input_text', text: '<permissions>' }] },
    say('<environment_context>'),
  ]
  const first = await codex([...context, say('List files [emulator:tool=exec_command {"cmd":"ls"}]')])
  const [call] = first.done
  expect(call).toMatchObject({ type: 'function_call', name: 'exec_command', arguments: '{"cmd":"ls"}' })
  expect(first.last).toMatchObject({
    type: 'response.completed',
    response: { usage: { input_tokens: expect.any(Number) } },
  })

  const patch = 'Fix it [emulator:tool=apply_patch {"input":"*** Begin Patch\\n*** End Patch"}]'
  const history = [
    ...context,
    say('List files'),
    call,
    { type: 'function_call_output', call_id: call.call_id, output: 'a.ts' },
  ]
  const second = await codex([...history, say(patch)])
  expect(second.done).toEqual([
    {
      type: 'custom_tool_call',
      id: expect.stringMatching(/^ctc_/),
      status: 'completed',
      call_id: expect.any(String),
      name: 'apply_patch',
      input: '*** Begin Patch\n*** End Patch',
    },
  ])

  const [patched] = second.done
  const third = await codex([
    ...history,
    say('Fix it'),
    patched,
    { type: 'custom_tool_call_output', call_id: patched.call_id, output: 'Success' },
    say('Read [emulator:tool=mcp__files__read {}]'),
  ])
  const [read] = third.done
  expect(read).toMatchObject({ type: 'function_call', namespace: 'mcp__files', name: 'read' })

  const last = await codex([
    ...history,
    read,
    { type: 'function_call_output', call_id: read.call_id, output: [{ type: 'input_text', text: 'the end' }] },
  ])
  expect(last.done).toMatchObject([{ type: 'message', role: 'assistant', content: [{ type: 'output_text' }] }])
  expect(last.last.type).toBe('response.completed')
})
