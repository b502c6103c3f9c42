import type OpenAI from 'openai'
import { ManualClock } from './async-support.ts'
import { createOpenai, GPT, GPT_OSS, postDoor, RESPONSES, type ServerEvents, streamDoor } from './door-support.ts'
import { type JsonReply, type RunningEmulator, startEmulator } from './support.ts'

const clock = new ManualClock()
let emulator: RunningEmulator

beforeEach(async () => {
  emulator = await startEmulator({ clock, accountId: '111122223333', region: 'eu-west-1' })
})
afterEach(() => emulator.close())

const create = (members: object, headers?: Record<string, string>): Promise<JsonReply> =>
  postDoor(emulator.url, RESPONSES, { model: GPT, input: 'Hello', ...members }, headers)

const stream = (members: object): Promise<ServerEvents> =>
  streamDoor(emulator.url, RESPONSES, { model: GPT, input: 'Hello', ...members })

async function call(method: string, path: string): Promise<JsonReply> {
  const response = await fetch(`${emulator.url}${RESPONSES}/${path}`, { method })
  return { status: response.status, headers: response.headers, body: await response.json() }
}

const weather = {
  type: 'function' as const,
  name: 'get_weather',
  strict: null,
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}
const notFound = (id: string) => ({
  error: {
    message: `Response with id '${id}' not found.`,
    type: 'invalid_request_error',
    param: null,
    code: null,
  },
})

describe('POST /openai/v1/responses', () => {
  test('answers with a response that repeats the settings', async () => {
    const { status, headers, body } = await create({ instructions: 'Be kind', metadata: { team: 'a' } })

    expect(status).toBe(200)
    expect(headers.get('x-request-id')).toBe(headers.get('x-amzn-requestid'))
    expect(body).toEqual({
      id: expect.stringMatching(/^resp_\w{22}$/),
      object: 'response',
      created_at: 1_767_225_600,
      status: 'completed',
      background: false,
      completed_at: 1_767_225_600,
      error: null,
      incomplete_details: null,
      instructions: 'Be kind',
      max_output_tokens: null,
      max_tool_calls: null,
      metadata: { team: 'a' },
      model: 'openai.gpt-5.6-sol',
      output: [
        {
          id: expect.stringMatching(/^msg_\w{22}$/),
          type: 'message',
          status: 'completed',
          role: 'assistant',
          content: [
            { type: 'output_text', annotations: [], logprobs: [], text: expect.stringMatching(/^Hello!.*Be kind/) },
          ],
        },
      ],
      parallel_tool_calls: true,
      previous_response_id: null,
      prompt_cache_key: null,
      reasoning: { effort: null, summary: null },
      safety_identifier: null,
      service_tier: 'default',
      store: true,
      temperature: 1,
      text: { format: { type: 'text' }, verbosity: 'medium' },
      tool_choice: 'auto',
      tools: [],
      top_logprobs: 0,
      top_p: 1,
      truncation: 'disabled',
      usage: {
        input_tokens: 6,
        input_tokens_details: { cache_write_tokens: 0, cached_tokens: 0 },
        output_tokens: expect.any(Number),
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: body.usage.output_tokens + 6,
      },
      user: null,
    })
  })

  test('gives the parts of a message, a tool call and a sealed reasoning as items', async () => {
    const { body } = await create({
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'Use get_weather for Kyoto' }] }],
      tools: [weather],
      reasoning: { effort: 'low', summary: 'auto' },
      include: ['reasoning.encrypted_content'],
      store: false,
    })

    expect(body.output).toEqual([
      {
        id: expect.stringMatching(/^rs_/),
        type: 'reasoning',
        encrypted_content: expect.stringMatching(/.{40}/),
        summary: [{ type: 'summary_text', text: expect.stringContaining('Kyoto') }],
      },
      expect.objectContaining({ type: 'message' }),
      {
        id: expect.stringMatching(/^fc_/),
        type: 'function_call',
        status: 'completed',
        arguments: '{"city":"Kyoto"}',
        call_id: expect.stringMatching(/^call_\w{22}$/),
        name: 'get_weather',
      },
    ])
    expect(body.usage.output_tokens_details.reasoning_tokens).toBeGreaterThan(3)
  })

  test('says what a limit of tokens cut', async () => {
    const { body } = await create({ input: '[emulator:tokens=30]', max_output_tokens: 16 })

    expect(body).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      completed_at: null,
      output: [{ type: 'message', status: 'incomplete' }],
      usage: { output_tokens: 16 },
    })
  })

  test('streams every event of a text in order', async () => {
    const { status, headers, events, text } = await stream({ input: '[emulator:say=one two]' })

    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('text/event-stream')
    expect(events.map(({ name }) => name)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ])
    expect(events.map(({ data }) => data.sequence_number)).toEqual(events.map((_, index) => index))
    expect(events.every(({ name, data }) => name === data.type)).toBe(true)
    const id = events[2]?.data.item.id
    const place = { item_id: id, output_index: 0, content_index: 0 }
    const part = { type: 'output_text', annotations: [], logprobs: [], text: 'one two' }
    const message = { id, type: 'message', status: 'completed', role: 'assistant', content: [part] }
    expect(events[0]?.data.response).toMatchObject({ status: 'in_progress', output: [], usage: null })
    expect(events.slice(2, 9).map(({ data: { type: _type, sequence_number: _number, ...data } }) => data)).toEqual([
      { output_index: 0, item: { ...message, status: 'in_progress', content: [] } },
      { ...place, part: { ...part, text: '' } },
      { ...place, delta: 'one', logprobs: [] },
      { ...place, delta: ' two', logprobs: [] },
      { ...place, logprobs: [], text: 'one two' },
      { ...place, part },
      { output_index: 0, item: message },
    ])
    expect(events[9]?.data.response).toMatchObject({ status: 'completed', output: [message] })
    expect(text).toContain('event: response.created\ndata: {"type":"response.created","sequence_number":0,')
  })

  test('streams reasoning, a text and calls of both kinds of tools, and the same response as a whole', async () => {
    const members = {
      input: '[emulator:tool=patch {"input":"*** Begin"}][emulator:say=So]',
      tools: [weather, { type: 'custom', name: 'patch' }],
      reasoning: { effort: 'low', summary: 'auto' },
    }
    const custom = await stream(members)
    const whole = await create({ ...members, store: false })
    const reasoning = await stream({ ...members, input: 'Use get_weather for Kyoto' })

    expect(custom.events.map(({ name }) => name).slice(-5)).toEqual([
      'response.output_item.added',
      'response.custom_tool_call_input.delta',
      'response.custom_tool_call_input.done',
      'response.output_item.done',
      'response.completed',
    ])
    expect(custom.events.at(-1)?.data.response.output).toEqual([
      expect.objectContaining({ type: 'message' }),
      {
        id: expect.stringMatching(/^ctc_/),
        type: 'custom_tool_call',
        status: 'completed',
        call_id: expect.any(String),
        input: '*** Begin',
        name: 'patch',
      },
    ])
    expect(custom.events.at(-1)?.data.response).toEqual({
      ...whole.body,
      id: expect.any(String),
      store: true,
    })
    const names = [...new Set(reasoning.events.map(({ name }) => name))]
    expect(names).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.reasoning_summary_part.added',
      'response.reasoning_summary_text.delta',
      'response.reasoning_summary_text.done',
      'response.reasoning_summary_part.done',
      'response.output_item.done',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'response.completed',
    ])
  })

  test('ends a stream that is cut by a limit with response.incomplete', async () => {
    const { events } = await stream({ input: '[emulator:tokens=30]', max_output_tokens: 16 })

    expect(events.at(-2)).toMatchObject({ name: 'response.output_item.done', data: { item: { status: 'incomplete' } } })
    expect(events.at(-1)).toMatchObject({ name: 'response.incomplete', data: { response: { status: 'incomplete' } } })
  })

  test.each([
    ['modelStreamErrorException', 'response.failed'],
    ['internalServerException', 'response.failed'],
    ['throttlingException', 'error'],
    ['serviceUnavailableException', 'error'],
  ])('ends a stream with %s by the event %s', async (exception, name) => {
    const { events } = await stream({ input: `[emulator:say=a b][emulator:exception=${exception}@5]` })
    const last = events.at(-1)

    expect(events).toHaveLength(6)
    expect(last?.name).toBe(name)
    expect(last?.data).toEqual(
      name === 'error'
        ? {
            type: 'error',
            sequence_number: 5,
            code: exception === 'throttlingException' ? 'rate_limit_exceeded' : null,
            message: expect.any(String),
            param: null,
          }
        : {
            type: 'response.failed',
            sequence_number: 5,
            response: expect.objectContaining({
              status: 'failed',
              error: { code: 'server_error', message: expect.any(String) },
            }),
          },
    )
  })

  test.each<[string, object, string, string | null, string | null]>([
    ['no model', { model: undefined }, "Missing required parameter: 'model'.", 'model', 'missing_required_parameter'],
    [
      'no model beside a previous response',
      { model: undefined, previous_response_id: 'resp_a' },
      "Missing required parameter: 'model'.",
      'model',
      'missing_required_parameter',
    ],
    ['no input', { input: undefined }, "Missing required parameter: 'input'.", 'input', 'missing_required_parameter'],
    ['an unknown member', { messages: [] }, "Unknown parameter: 'messages'.", 'messages', 'unknown_parameter'],
    [
      'background work',
      { background: true },
      'Background responses are not supported on this endpoint. Set background to false.',
      'background',
      null,
    ],
    [
      'a tool of the server',
      { tools: [weather, { type: 'web_search' }] },
      "The tool type 'web_search' is not supported on this endpoint. Use client-side tools.",
      'tools[1].type',
      'unsupported_value',
    ],
    [
      'a search for tools by the server',
      { tools: [{ type: 'tool_search' }] },
      "The tool type 'tool_search' is not supported on this endpoint. Use client-side tools.",
      'tools[0].type',
      'unsupported_value',
    ],
    ['gpt-oss', { model: GPT_OSS }, `model \`${GPT_OSS}\` isn't supported on this route`, 'model', null],
    [
      'a model without a profile',
      { model: 'openai.gpt-5.6-sol' },
      'Invocation of model ID openai.gpt-5.6-sol with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.',
      'model',
      null,
    ],
    [
      'an application inference profile',
      { model: 'arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc' },
      'Application inference profiles are not supported by the Responses API.',
      'model',
      null,
    ],
    [
      'an output without its call',
      { input: [{ type: 'function_call_output', call_id: 'call_a', output: 'x' }] },
      'No tool call found for function call output with call_id call_a.',
      null,
      null,
    ],
    [
      'a call without its output',
      {
        input: [
          { role: 'user', content: 'Hi' },
          { type: 'function_call', call_id: 'call_a', name: 'f', arguments: '{}' },
        ],
      },
      'No tool output found for function call call_a.',
      null,
      null,
    ],
    [
      'an unknown kind of item',
      { input: [{ type: 'telepathy' }] },
      "Invalid value: 'telepathy'. Supported values are: 'message', 'function_call', 'function_call_output', 'custom_tool_call', 'custom_tool_call_output', 'reasoning', 'item_reference', 'local_shell_call', 'local_shell_call_output', 'shell_call', 'shell_call_output', 'apply_patch_call', 'apply_patch_call_output', 'tool_search_call', 'tool_search_output', 'additional_tools', and 'compaction'.",
      'input[0].type',
      'invalid_value',
    ],
    [
      'the address of an image',
      { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'https://example.com/a.png' }] }] },
      "Invalid 'image_url'. Expected a base64-encoded data URL, such as data:image/png;base64,…",
      'image_url',
      'invalid_value',
    ],
    [
      'a temperature',
      { temperature: 0.2 },
      "Unsupported parameter: 'temperature' is not supported with this model.",
      'temperature',
      'unsupported_parameter',
    ],
  ])('refuses %s', async (_name, members, message, param, code) => {
    const { status, body } = await create(members)

    expect(body).toEqual({ error: { message, type: 'invalid_request_error', param, code } })
    expect(status).toBe(400)
  })

  test.each<[string, string, number]>([
    ['the default project', 'default', 200],
    ['its ARN', 'arn:aws:bedrock:eu-west-1:111122223333:project/default', 200],
    ['another project', 'proj_abc', 400],
    ['the ARN of another project', 'arn:aws:bedrock:eu-west-1:111122223333:project/proj_abc', 400],
  ])('answers for %s in OpenAI-Project with its status', async (_name, project, status) => {
    const reply = await create({}, { 'openai-project': project })

    expect(reply.status).toBe(status)
    if (status === 400) expect(reply.body.error.message).toContain('Only the default project is supported')
  })

  test('takes the items and tools of clients that run commands, which its model does not use', async () => {
    const { status, body } = await create({
      client_metadata: { session_id: 'a' },
      tools: [weather, { type: 'local_shell' }, { type: 'apply_patch' }, { type: 'tool_search', execution: 'client' }],
      input: [
        { role: 'user', content: 'List the files' },
        { type: 'local_shell_call', id: 'lsh_a', call_id: 'call_a', status: 'completed', action: { type: 'exec' } },
        { type: 'local_shell_call_output', id: 'call_a', output: 'a.txt' },
        { role: 'user', content: 'Hello' },
      ],
    })

    expect(status).toBe(200)
    expect(body.output[0].content[0].text).toContain('Hello')
  })

  test('ignores a guardrail, as documented', async () => {
    const { status, body } = await create(
      { input: '[blocked topic]' },
      { 'x-amzn-bedrock-guardrailidentifier': 'demo', 'x-amzn-bedrock-guardrailversion': '1' },
    )

    expect(status).toBe(200)
    expect(body['amazon-bedrock-guardrailAction']).toBeUndefined()
    expect(body.output[0].content[0].text).not.toContain('Sorry')
  })
})

describe('a stored response', () => {
  test('is there until it is deleted', async () => {
    const { body } = await create({})

    expect(await call('GET', body.id)).toMatchObject({ status: 200, body })
    expect((await call('DELETE', body.id)).body).toEqual({ id: body.id, object: 'response', deleted: true })
    for (const [method, path] of [
      ['GET', body.id],
      ['DELETE', body.id],
      ['POST', `${body.id}/cancel`],
    ] as const) {
      expect(await call(method, path)).toMatchObject({ status: 404, body: notFound(body.id) })
    }
  })

  test('is there for 30 days', async () => {
    const { body } = await create({})
    clock.advance(30 * 24 * 3_600_000 - 1)
    expect((await call('GET', body.id)).status).toBe(200)
    clock.advance(1)
    expect((await call('GET', body.id)).status).toBe(404)
  })

  test('is not there with store: false, whatever asks for it', async () => {
    const { body } = await create({ store: false })

    expect((await call('GET', body.id)).body).toEqual(notFound(body.id))
    const next = await create({ previous_response_id: body.id })
    expect(next.status).toBe(404)
    expect(next.body).toEqual(notFound(body.id))
  })

  test('cannot be cancelled, because it is synchronous', async () => {
    const { body } = await create({})
    const reply = await call('POST', `${body.id}/cancel`)

    expect(reply.status).toBe(400)
    expect(reply.body.error.message).toBe('Cannot cancel a synchronous response.')
  })

  test('has an id of its own for each call', async () => {
    const ids = [(await create({})).body.id, (await create({})).body.id]

    expect(new Set(ids).size).toBe(2)
  })

  test('continues a conversation, without its instructions', async () => {
    const first = await create({ input: 'My name is Ada', instructions: 'Be kind' })
    const second = await create({ input: 'Who am I?', previous_response_id: first.body.id })
    const third = await create({ input: 'Sure?', previous_response_id: second.body.id })
    const text = third.body.output[0].content[0].text

    expect(second.body.previous_response_id).toBe(first.body.id)
    expect(text).toContain('My name is Ada')
    expect(text).not.toContain('Be kind')
  })

  test('takes the output of its tool call, also by reference', async () => {
    const first = await create({ input: 'Use get_weather for Kyoto', tools: [weather] })
    const used = first.body.output.at(-1)
    const output = { type: 'function_call_output', call_id: used.call_id, output: 'sunny' }
    const second = await create({ input: [output], tools: [weather], previous_response_id: first.body.id })
    const referring = await create({
      input: [{ role: 'user', content: 'Use get_weather for Kyoto' }, { type: 'item_reference', id: used.id }, output],
      tools: [weather],
    })
    const unknown = await create({ input: [{ type: 'item_reference', id: 'fc_x' }] })

    expect(second.body.output[0].content[0].text).toContain('sunny')
    expect(referring.body.output[0].content[0].text).toContain('sunny')
    expect(unknown.status).toBe(404)
    expect(unknown.body.error.message).toBe("Item with id 'fc_x' not found.")
  })

  test('is kept by a stream before its last event, and as failed after a failure of the model', async () => {
    const whole = await stream({})
    const failed = await stream({ input: '[emulator:say=a][emulator:exception=modelStreamErrorException@3]' })
    const id = failed.events[0]?.data.response.id

    expect((await call('GET', whole.events[0]?.data.response.id)).body).toEqual(whole.events.at(-1)?.data.response)
    expect((await call('GET', id)).body.status).toBe('failed')
  })

  test.each(['input_items', 'other'])('has no %s on this endpoint', async (path) => {
    const { body } = await create({})

    expect((await call('GET', `${body.id}/${path}`)).status).toBe(404)
  })
})

describe('openai', () => {
  test('gets, retrieves, continues and deletes a response', async () => {
    const { responses } = createOpenai(emulator.url)
    const first = await responses.create({ model: GPT, input: 'What is the capital of France?' })
    const second = await responses.create({ model: GPT, input: 'And now?', previous_response_id: first.id })

    expect(first.output_text).toBe('The capital of France is Paris.')
    expect((await responses.retrieve(first.id)).output_text).toBe(first.output_text)
    expect(second.output_text).toContain('capital of France')
    await responses.delete(first.id)
    await expect(responses.retrieve(first.id)).rejects.toMatchObject({ status: 404 })
  })

  test('streams a response and runs a tool in two turns without the store', async () => {
    const { responses } = createOpenai(emulator.url)
    const question: OpenAI.Responses.ResponseInputItem = { role: 'user', content: 'Use get_weather for Kyoto' }
    const settings = { model: GPT, tools: [weather], store: false, include: ['reasoning.encrypted_content' as const] }
    const first = await responses.stream({ ...settings, input: [question] }).finalResponse()
    const used = first.output.find((item) => item.type === 'function_call')
    const second = await responses.create({
      ...settings,
      input: [
        question,
        ...(first.output as OpenAI.Responses.ResponseInputItem[]),
        { type: 'function_call_output', call_id: used?.call_id ?? '', output: 'sunny' },
      ],
    })

    expect(used).toMatchObject({ name: 'get_weather', arguments: '{"city":"Kyoto"}' })
    expect(second.output_text).toContain('sunny')
  })

  test('gets structured output', async () => {
    const schema = {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    }
    const { output_text } = await createOpenai(emulator.url).responses.create({
      model: GPT,
      input: 'The city is Kyoto',
      text: { format: { type: 'json_schema', name: 'place', schema, strict: true } },
    })

    expect(JSON.parse(output_text)).toEqual({ city: expect.any(String) })
  })

  test('sees an error event as an error, and a failed response as an event', async () => {
    const { responses } = createOpenai(emulator.url)
    const run = async (exception: string): Promise<string[]> => {
      const input = `[emulator:say=a][emulator:exception=${exception}@4]`
      const types: string[] = []
      for await (const event of await responses.create({ model: GPT, input, stream: true })) types.push(event.type)
      return types
    }

    await expect(run('throttlingException')).rejects.toThrow('Too many requests')
    expect((await run('modelStreamErrorException')).at(-1)).toBe('response.failed')
  })
})
