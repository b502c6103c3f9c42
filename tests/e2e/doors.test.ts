import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { eventually } from '../support/stack-clients.ts'
import { type RunningStack, startStack } from '../support/start-stack.ts'

const KEY = 'local-key-0123456789abcdef'
const CLAUDE = 'us.anthropic.claude-haiku-4-5-20251001-v1:0'
const NOVA = 'us.amazon.nova-lite-v1:0'
const LLAMA = 'us.meta.llama3-3-70b-instruct-v1:0'
const MISTRAL = 'mistral.mistral-large-3-675b-instruct'
const GPT_OSS = 'openai.gpt-oss-120b-1:0'
const MODELS = [CLAUDE, NOVA, LLAMA, MISTRAL, GPT_OSS]

let stack: RunningStack
/** A stack whose calls never go to Bedrock's own doors. */
let translating: RunningStack
beforeAll(async () => {
  ;[stack, translating] = await Promise.all([
    startStack(),
    startStack({ arguments: ['--parameter-overrides', 'BedrockDoors=OFF'] }),
  ])
}, 90_000)
afterAll(() => Promise.all([stack.stop(), translating.stop()]))

/** Errors of all contracts, in a body or an event. */
interface StreamError {
  readonly error?: { readonly type: string }
  readonly code?: string
  readonly response?: { readonly error?: { readonly code: string } }
}

const DOORS = {
  messages: {
    paths: ['/v1/messages', '/anthropic/v1/messages'],
    end: '\nevent: message_stop\n',
    errorOf: (data: StreamError) => data.error?.type,
    types: { ThrottlingException: 'rate_limit_error', broken: 'api_error' },
  },
  chat: {
    paths: ['/v1/chat/completions', '/openai/v1/chat/completions'],
    end: '\ndata: [DONE]\n',
    errorOf: (data: StreamError) => data.error?.type,
    types: { ThrottlingException: 'rate_limit_error', broken: 'server_error' },
  },
  responses: {
    paths: ['/v1/responses', '/openai/v1/responses'],
    end: '\nevent: response.completed\n',
    errorOf: (data: StreamError) => data.response?.error?.code ?? data.code ?? data.error?.type,
    types: { ThrottlingException: 'rate_limit_exceeded', broken: /^(server|model)_error$/ },
  },
} as const

type DoorName = keyof typeof DOORS

/** Models that Bedrock's own door serves. */
const OWN_DOOR_MODELS: Readonly<Record<DoorName, string>> = {
  messages: CLAUDE,
  chat: GPT_OSS,
  responses: 'global.openai.gpt-5.6-sol',
}

const FAULTS = [
  ['exception=ThrottlingException@3', 'ThrottlingException'],
  ['reset=@3', 'broken'],
  ['end=@3', 'broken'],
] as const

function ask(base: string, path: string, model: string, text: string, stream = true): Promise<Response> {
  return fetch(base + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify(
      path.endsWith('/responses')
        ? { model, stream, input: text }
        : { model, max_tokens: 100, stream, messages: [{ role: 'user', content: text }] },
    ),
  })
}

interface Case {
  readonly name: string
  readonly base: () => string
  readonly path: string
  readonly model: string
  readonly way: string
  readonly door: DoorName
}

/** Each door by each of its paths, on the API and the function URL, in each way that serves it. */
const CASES: Case[] = (Object.keys(DOORS) as DoorName[]).flatMap((door) =>
  DOORS[door].paths.flatMap((path) =>
    (['api', 'functionUrl'] as const).flatMap((server) => {
      const ways = [
        { way: 'bedrock', model: OWN_DOOR_MODELS[door], of: () => stack },
        { way: 'converse', model: NOVA, of: () => stack },
        ...(door === 'messages' ? [{ way: 'native', model: CLAUDE, of: () => translating }] : []),
      ]
      return ways.map(({ way, model, of }) => ({
        name: `${path} on the ${server}, ${way}`,
        base: () => of()[server],
        path,
        model,
        way,
        door,
      }))
    }),
  ),
)

describe.each(CASES)('$name', ({ base, path, model, way, door }) => {
  const { end, errorOf, types } = DOORS[door]

  test('a stream has one end, and says how it was served', async () => {
    const response = await ask(base(), path, model, 'What is the capital of France?')
    const text = await response.text()

    expect([response.status, response.headers.get('x-bedrock-functions-door')]).toEqual([200, way])
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
    expect(text.split(end)).toHaveLength(2)
    expect(text).toContain('Paris')
    expect(text).not.toContain('estimatedCost')
  })

  test.each([true, false])(
    "the id of the request has the name that the contract's clients show, stream: %s",
    async (stream) => {
      const { headers } = await ask(base(), path, model, 'Hello', stream)
      const id = headers.get('x-bedrock-functions-bedrock-request-id')

      expect(id).toMatch(/^[0-9a-f-]{36}$/)
      expect(headers.get(door === 'messages' ? 'request-id' : 'x-request-id')).toBe(id)
    },
  )

  test.each(FAULTS)('the fault %s ends in an error of the contract', async (directive, kind) => {
    const text = await (await ask(base(), path, model, `Tell me more [emulator:${directive}]`)).text()
    const last = text.trimEnd().split('\n').at(-1) ?? ''

    expect(errorOf(JSON.parse(last.replace(/^data: /, '')))).toMatch(types[kind])
    expect(text).not.toContain(end)
  })

  test('a failure before the first event has a status of the contract', async () => {
    const response = await ask(base(), path, model, 'Hello [emulator:throttle=999]')

    expect([response.status, response.headers.get('x-bedrock-functions-door')]).toEqual([429, way])
    expect(errorOf(JSON.parse(await response.text()))).toBe('rate_limit_error')
  })
})

describe.each([
  ['', () => stack],
  [', all of them translated or native', () => translating],
] as const)('stock clients%s', (_, stackOf) => {
  const openai = () => new OpenAI({ baseURL: `${stackOf().api}/v1`, apiKey: KEY, maxRetries: 0 })
  const anthropic = () => new Anthropic({ baseURL: stackOf().api, apiKey: KEY, maxRetries: 0 })

  test.each(MODELS)('openai: %s answers and streams, and uses a tool', async (model) => {
    const tools = [
      {
        type: 'function' as const,
        function: {
          name: 'get_weather',
          parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
        },
      },
    ]
    const messages = [{ role: 'user' as const, content: 'What is the weather in Rome? Use get_weather.' }]
    const chat = openai().chat.completions
    const first = await chat.create({ model, messages, tools })
    const call = first.choices[0]?.message.tool_calls?.[0]
    expect(first.choices[0]?.finish_reason).toBe('tool_calls')
    expect(call).toMatchObject({ type: 'function', function: { name: 'get_weather' } })

    const answer = { role: 'tool' as const, tool_call_id: call?.id ?? '', content: 'sunny' }
    const history = [...messages, ...(first.choices[0] ? [first.choices[0].message] : []), answer]
    const stream = chat.stream({ model, messages: history, tools, stream_options: { include_usage: true } })
    const final = await stream.finalChatCompletion()
    expect(final.choices[0]?.message.content).toContain('sunny')
    expect(final.usage?.total_tokens).toBeGreaterThan(0)
  })

  test.each(MODELS)('anthropic: %s answers and streams, and uses a tool', async (model) => {
    const tools: Anthropic.Tool[] = [
      {
        name: 'get_weather',
        input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      },
    ]
    const messages: Anthropic.MessageParam[] = [
      { role: 'user', content: 'What is the weather in Rome? Use get_weather.' },
    ]
    const first = await anthropic().messages.stream({ model, max_tokens: 500, messages, tools }).finalMessage()
    const use = first.content.find((block) => block.type === 'tool_use')
    expect(first.stop_reason).toBe('tool_use')
    expect(use).toMatchObject({ name: 'get_weather', input: { city: expect.any(String) } })

    const result = { type: 'tool_result' as const, tool_use_id: use?.id ?? '', content: 'sunny' }
    const final = await anthropic().messages.create({
      model,
      max_tokens: 500,
      tools,
      messages: [...messages, { role: 'assistant', content: first.content }, { role: 'user', content: [result] }],
    })
    expect(JSON.stringify(final.content)).toContain('sunny')
    expect(final.usage.output_tokens).toBeGreaterThan(0)
  })

  test('an image is seen through both contracts', async () => {
    const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
    const chat = await openai().chat.completions.create({
      model: NOVA,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What do you see?' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } },
          ],
        },
      ],
    })
    const message = await anthropic().messages.create({
      model: CLAUDE,
      max_tokens: 100,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
            { type: 'text', text: 'What do you see?' },
          ],
        },
      ],
    })

    expect(chat.choices[0]?.message.content).toMatch(/image/i)
    expect(JSON.stringify(message.content)).toMatch(/image/i)
  })

  test('tokens are counted, models are listed, and texts are embedded', async () => {
    const counted = await anthropic().messages.countTokens({
      model: CLAUDE,
      messages: [{ role: 'user', content: 'Hi' }],
    })
    const models = await openai().models.list()
    const described = await openai().models.retrieve(NOVA)
    const claude = await anthropic().models.list({ limit: 1000 })
    const embedded = await openai().embeddings.create({ model: 'amazon.titan-embed-text-v2:0', input: ['one', 'two'] })

    expect(counted.input_tokens).toBeGreaterThan(0)
    expect(models.data.map(({ id }) => id)).toEqual(expect.arrayContaining(['claude-sonnet', CLAUDE]))
    expect(described).toMatchObject({ id: NOVA, owned_by: 'amazon' })
    expect(claude.data.map(({ id }) => id)).toContain('claude-sonnet')
    expect(embedded.data.map(({ embedding }) => embedding.length)).toEqual([1024, 1024])
  })

  test('the log of a request for embeddings counts the answers beside a failed call', async () => {
    const input = ['one', 'two [emulator:error=ModelErrorException]']
    const asked = openai().embeddings.create({ model: 'amazon.titan-embed-text-v2:0', input })
    await expect(asked).rejects.toMatchObject({ status: 502, code: 'model_error' })

    const path = join(stack.stateDirectory, 'logs', 'InvokeFunction.log')
    const line = await eventually(async () =>
      (await readFile(path, 'utf8')).split('\n').find((text) => text.includes('"OpenAIEmbeddings ended with')),
    )
    expect(JSON.parse(line)).toMatchObject({ errorType: 'ModelErrorException', calls: 2, inputTokens: 1 })
  })
})

test.each([
  ['a beta that the model does not take', 'oauth-2025-04-20', {}, 'oauth-2025-04-20'],
  ['a beta with its member', 'mcp-client-2025-04-04', { mcp_servers: [] }, 'mcp-client-2025-04-04, mcp_servers'],
])('%s is left out, and the answer names it', async (_, beta, members, dropped) => {
  for (const { api } of [stack, translating]) {
    const response = await fetch(`${api}/v1/messages`, {
      method: 'POST',
      headers: { 'anthropic-version': '2023-06-01', 'anthropic-beta': beta },
      body: JSON.stringify({ model: CLAUDE, max_tokens: 50, messages: [{ role: 'user', content: 'Hi' }], ...members }),
    })
    expect([response.status, response.headers.get('x-bedrock-functions-dropped')]).toEqual([200, dropped])
  }
})

test('a member that Bedrock refuses is left out in a second call, and remembered', async () => {
  const send = () =>
    fetch(`${translating.api}/v1/messages`, {
      method: 'POST',
      headers: { 'anthropic-version': '2023-06-01', 'anthropic-beta': 'a-new-beta-2027-01-01' },
      body: JSON.stringify({ model: CLAUDE, max_tokens: 50, messages: [{ role: 'user', content: 'Hi' }] }),
    })
  const [first, second] = [await send(), await send()]

  expect([first.status, second.status]).toEqual([200, 200])
  expect(second.headers.get('x-bedrock-functions-dropped')).toBe('a-new-beta-2027-01-01')
})

describe('a fallback', () => {
  const question = 'What is the capital of France? [emulator:for=nova] [emulator:error=ServiceUnavailableException]'

  test.each(['/v1/messages', '/v1/chat/completions'])(
    'of another family answers %s, whole and as a stream',
    async (path) => {
      for (const stream of [false, true]) {
        const response = await fetch(stack.api + path, {
          method: 'POST',
          headers: { 'anthropic-version': '2023-06-01', 'x-model-fallback': CLAUDE },
          body: JSON.stringify({
            model: NOVA,
            max_tokens: 100,
            stream,
            messages: [{ role: 'user', content: question }],
          }),
        })

        expect([response.status, response.headers.get('x-bedrock-functions-model')]).toEqual([200, CLAUDE])
        expect(response.headers.get('x-bedrock-functions-door')).toBe('converse')
        expect(await response.text()).toContain('Paris')
      }
    },
  )
})

describe('stored responses', () => {
  const client = (apiKey = KEY, server = stack) => new OpenAI({ baseURL: `${server.api}/v1`, apiKey, maxRetries: 0 })

  test.each([NOVA, CLAUDE, 'global.openai.gpt-5.6-sol'])(
    'of %s continue, are read and deleted, by their owner only',
    async (model) => {
      const first = await client().responses.create({ model, input: 'My name is Ada.' })
      const stream = client().responses.stream({ model, input: 'What is my name?', previous_response_id: first.id })
      const second = await stream.finalResponse()

      expect(second.output_text).toContain('My name is Ada.')
      expect(await client().responses.retrieve(first.id)).toMatchObject({
        id: first.id,
        output_text: first.output_text,
      })
      const items = await client().responses.inputItems.list(second.id, { order: 'asc' })
      expect(JSON.stringify(items.data)).toContain('What is my name?')

      const stranger = client('another-key-0123456789abcdef')
      await expect(stranger.responses.retrieve(first.id)).rejects.toThrow(OpenAI.NotFoundError)
      await expect(
        stranger.responses.create({ model, input: 'Hi', previous_response_id: first.id }),
      ).rejects.toMatchObject({ code: 'previous_response_not_found' })

      await client().responses.delete(first.id)
      await expect(client().responses.retrieve(first.id)).rejects.toThrow(OpenAI.NotFoundError)
    },
  )

  test('in the background are made by a job, and continued', async () => {
    const begun = await client().responses.create({ model: NOVA, input: 'My name is Ada.', background: true })
    expect(begun).toMatchObject({ status: 'queued', background: true, output: [] })
    const ended = await eventually(async () => {
      const response = await client().responses.retrieve(begun.id)
      return response.status === 'queued' || response.status === 'in_progress' ? undefined : response
    })
    const next = await client().responses.create({ model: NOVA, input: 'And yours?', previous_response_id: begun.id })

    expect(ended).toMatchObject({ id: begun.id, status: 'completed', created_at: begun.created_at })
    expect(ended.output_text).toContain('Ada')
    expect(ended.usage?.output_tokens).toBeGreaterThan(0)
    expect(next.output_text).toContain('My name is Ada.')
    await expect(client('another-key-0123456789abcdef').responses.retrieve(begun.id)).rejects.toThrow(
      OpenAI.NotFoundError,
    )
  })

  test('in the background fail with their job, and can be cancelled', async () => {
    const failing = await client().responses.create({
      model: NOVA,
      input: 'Hello [emulator:error=AccessDeniedException]',
      background: true,
    })
    const failed = await eventually(async () => {
      const response = await client().responses.retrieve(failing.id)
      return response.status === 'failed' ? response : undefined
    })
    const long = 'Tell me a story [emulator:tokens=400] [emulator:rate=5]'
    const begun = await client().responses.create({ model: NOVA, input: long, background: true })
    const cancelled = await client().responses.cancel(begun.id)

    expect(failed.error).toMatchObject({ code: 'server_error' })
    expect(cancelled.status).toBe('cancelled')
    expect((await client().responses.retrieve(begun.id)).status).toBe('cancelled')
  })

  test.each([
    ['a stream', { stream: true as const }],
    ['a response that is not stored', { store: false }],
  ])('in the background are not for %s', async (_, members) => {
    const asked = { model: NOVA, input: 'Hi', background: true, ...members }
    await expect(client().responses.create(asked)).rejects.toMatchObject({ param: 'background', status: 400 })
  })

  test('are not kept for store: false', async () => {
    const { id } = await client().responses.create({ model: NOVA, input: 'Hello', store: false })

    await expect(client().responses.retrieve(id)).rejects.toThrow(OpenAI.NotFoundError)
  })

  test('reasoning comes back sealed, and not forged', async () => {
    const model = CLAUDE
    const tools = [
      {
        type: 'function' as const,
        name: 'get_weather',
        parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
        strict: false,
      },
    ]
    const asked = {
      ...{ model, tools, store: false, include: ['reasoning.encrypted_content' as const] },
      reasoning: { effort: 'low' as const },
      max_output_tokens: 4000,
    }
    const question = { role: 'user' as const, content: 'What is the weather in Rome?' }
    const first = await client().responses.create({ ...asked, input: [question] })
    const call = first.output.find((item) => item.type === 'function_call')
    const sealed = first.output.find((item) => item.type === 'reasoning')?.encrypted_content
    expect(sealed).toEqual(expect.any(String))

    const result = { type: 'function_call_output' as const, call_id: call?.call_id ?? '', output: 'sunny' }
    const second = await client().responses.create({
      ...asked,
      input: [question, ...(first.output as OpenAI.Responses.ResponseInput), result],
    })
    expect(second.output_text).toContain('sunny')

    const forged = (first.output as OpenAI.Responses.ResponseInput).map((item) =>
      item.type === 'reasoning' ? { ...item, encrypted_content: `${sealed?.slice(0, -8)}AAAAAAA=` } : item,
    )
    await expect(client().responses.create({ ...asked, input: [question, ...forged, result] })).rejects.toMatchObject({
      code: 'invalid_encrypted_content',
    })
  })
})
